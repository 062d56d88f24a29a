using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Runner.Entities.Store;

namespace Runner.Actors.Retention;

/// <summary>How far a pruning has come.</summary>
/// <param name="Deployment">Whose rule it is at; null for the node's.</param>
/// <param name="After">The last run that was looked at; null before the first.</param>
/// <param name="Surplus">As in <see cref="RetentionPass"/>, found once for the whole pass.</param>
/// <param name="Counted">Whether <paramref name="Surplus"/> has been looked for.</param>
internal sealed record PruneCursor(string? Deployment = null, RowPosition? After = null, RowPosition? Surplus = null, bool Counted = false)
{
    private const int Longest = 1_000;

    /// <summary>A text that a caller may keep and send back.</summary>
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        $"{Deployment} {Text(After)} {Text(Surplus)} {(Counted ? "counted" : "")}"));

    /// <summary>Null if it is none that <see cref="ToString"/> made.</summary>
    public static PruneCursor? Read(string text)
    {
        if (text.Length > Longest || !Base64Url.IsValid(text)
            || Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ') is not [var deployment, var after, var surplus, var counted]
            || (deployment.Length > 0 && Names.ProblemOfDeployment(deployment) is not null)
            || !TryPlace(after, out var afterPlace) || !TryPlace(surplus, out var surplusPlace))
        {
            return null;
        }

        return new PruneCursor(deployment.Length == 0 ? null : deployment, afterPlace, surplusPlace, counted.Length > 0);
    }

    private static string Text(RowPosition? place) =>
        place is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{RunRow.CreatedAt(place)}/{place.Key}");

    private static bool TryPlace(string text, out RowPosition? place)
    {
        place = null;
        if (text.Length == 0)
        {
            return true;
        }

        if (text.Split('/') is not [var created, var key] || !Guid.TryParseExact(key, "D", out _)
            || !long.TryParse(created, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at))
        {
            return false;
        }

        place = RunRow.PlaceAt(at, key);
        return true;
    }
}
