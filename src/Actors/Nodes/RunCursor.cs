using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Runner.Entities.Store;
using Runner.Messages.Runs;

namespace Runner.Actors.Nodes;

/// <summary>A place in the list of runs as text that goes into a URL: when the run there was made, and its id.</summary>
internal static class RunCursor
{
    private const int Longest = 200;

    public static string Of(RunSummary run) => Of(RunRow.PlaceAt(run.Created.ToUnixTimeMilliseconds(), RowValues.Key(run.Id)));

    /// <param name="place">In the order of creation.</param>
    public static string Of(RowPosition place) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{RunRow.CreatedAt(place)} {place.Key}")));

    /// <summary>The place; null if the text is no cursor.</summary>
    public static RowPosition? Position(string cursor)
    {
        if (cursor.Length > Longest || !Base64Url.IsValid(cursor))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return text.Split(' ') is [var created, var key]
            && long.TryParse(created, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && Guid.TryParse(key, out _)
            ? RunRow.PlaceAt(at, key)
            : null;
    }
}
