using System.Collections.Immutable;
using System.Globalization;

namespace Runner.Messages.Http;

/// <summary>A parameter of a query: its name, what values it may have, and what it says.</summary>
internal abstract record Query(string Name, string Says)
{
    /// <summary>The longest text, in characters.</summary>
    public int MaxLength { get; init; } = 500;

    /// <summary>What is wrong with a value, as a sentence without its subject; null if nothing is.</summary>
    public abstract string? WrongWith(string text);

    /// <summary>Text as it may be repeated in a message.</summary>
    public static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}

/// <inheritdoc/>
/// <param name="Usual">What is meant if nothing is said.</param>
internal abstract record Query<T>(string Name, string Says, T Usual) : Query(Name, Says)
{
    /// <summary>What a value that cannot be read is not.</summary>
    protected abstract string Wrong { get; }

    public abstract bool TryRead(string text, out T value);

    /// <inheritdoc/>
    public sealed override string? WrongWith(string text) =>
        text.Length > MaxLength ? $"longer than {MaxLength} characters." : TryRead(text, out _) ? null : $"'{Short(text)}' {Wrong}.";
}

/// <summary>Any text.</summary>
/// <param name="Pattern">What it looks like, for the document; who uses it says what is wrong with another.</param>
internal sealed record TextQuery(string Name, string Says, string? Pattern = null) : Query<string?>(Name, Says, null)
{
    /// <inheritdoc/>
    protected override string Wrong => "is no text";

    /// <inheritdoc/>
    public override bool TryRead(string text, out string? value) => (value = text) is not null;
}

/// <summary>One of a few words.</summary>
internal sealed record WordQuery(string Name, string Says, string? Usual, params ImmutableArray<string> Words) : Query<string?>(Name, Says, Usual)
{
    /// <inheritdoc/>
    protected override string Wrong => $"is not one of {string.Join(", ", Words)}";

    /// <inheritdoc/>
    public override bool TryRead(string text, out string? value) => Words.Contains(value = text, StringComparer.Ordinal);
}

/// <summary>A whole number.</summary>
internal sealed record NumberQuery(string Name, string Says, long Min, long Max, long? Usual = null) : Query<long?>(Name, Says, Usual)
{
    /// <inheritdoc/>
    protected override string Wrong => $"is not a whole number from {Min} to {Max}";

    /// <inheritdoc/>
    public override bool TryRead(string text, out long? value)
    {
        value = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return value >= Min && value <= Max;
    }
}

/// <summary>Whether something is wanted; not, if nothing is said.</summary>
internal sealed record FlagQuery(string Name, string Says) : Query<bool>(Name, Says, false)
{
    /// <inheritdoc/>
    protected override string Wrong => "is neither true nor false";

    /// <inheritdoc/>
    public override bool TryRead(string text, out bool value)
    {
        value = text == "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        return value || text == "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A point in time.</summary>
internal sealed record InstantQuery(string Name, string Says) : Query<DateTimeOffset?>(Name, Says, null)
{
    /// <inheritdoc/>
    protected override string Wrong => "is not a time such as 2026-01-31T12:00:00Z";

    /// <inheritdoc/>
    public override bool TryRead(string text, out DateTimeOffset? value)
    {
        var isTime = DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time);
        value = time;
        return isTime;
    }
}
