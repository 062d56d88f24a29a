using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runner.Messages.Deployments.Fields;

/// <summary>A text.</summary>
/// <param name="Get">Null for the default, as everywhere here.</param>
internal sealed record TextField<T>(string Name, Func<T, string?> Get, Func<T, string, T> Set) : Field<T>(Name)
{
    /// <summary>Whether people like to write it as a number, which is taken as it is spelled.</summary>
    public bool IsSpelled { get; init; }

    /// <summary>In characters.</summary>
    public int? Most { get; init; }

    /// <summary>A text that the rules refuse, for tests to try; null if any text of that length is possible.</summary>
    public string? Refused { get; init; }

    protected override string UsualType => IsSpelled ? "text; a number is taken as it is spelled" : "text";

    protected override string UsualExpected => "a text";

    protected override string? UsualRange => Most is { } most ? $"up to {Counted(most)} characters" : null;

    public override int? MostLength => Most;

    protected override string? ProblemOf(T of) =>
        Get(of) is { } text && text.Length > Most ? $"it is {text.Length} characters long; at most {Most} are possible" : null;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Text(this);
}

/// <summary>The path of a folder.</summary>
internal sealed record FolderField<T>(string Name, Func<T, string> Get, Func<T, string, T> Set) : Field<T>(Name)
{
    protected override string UsualType => "text: a folder, relative to the file; an absolute one is taken as it is spelled";

    protected override string UsualExpected => "the path of a folder";

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Folder(this);
}

/// <summary>A whole number.</summary>
internal sealed record WholeField<T>(string Name, Func<T, long?> Get, Func<T, int, T> Set, int Least, int Most) : Field<T>(Name)
{
    protected override string UsualType => "whole number";

    protected override string UsualExpected => "a whole number";

    protected override string? UsualRange => $"{Counted(Least)} to {Counted(Most)}";

    public override (double Least, double Most)? Numbers => (Least, Most);

    protected override string? ProblemOf(T of) =>
        Get(of) is { } number && (number < Least || number > Most) ? $"expected a whole number from {Least} to {Most}; there is {number}" : null;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Whole(this);
}

/// <summary>A number that need not be whole.</summary>
internal sealed record NumberField<T>(string Name, Func<T, double?> Get, Func<T, double, T> Set, double Least, double Most) : Field<T>(Name)
{
    protected override string UsualType => "number";

    protected override string? UsualRange => $"{Counted(Least)} to {Counted(Most)}";

    public override (double Least, double Most)? Numbers => (Least, Most);

    protected override string? ProblemOf(T of) => Get(of) is { } number && !(number >= Least && number <= Most)
        ? string.Create(CultureInfo.InvariantCulture, $"expected a number from {Least} to {Most}; there is {number}")
        : null;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Number(this);
}

/// <summary>A duration.</summary>
internal sealed record DurationField<T>(string Name, Func<T, TimeSpan?> Get, Func<T, TimeSpan, T> Set, TimeSpan Least, TimeSpan Most) : Field<T>(Name)
{
    protected override string UsualType => "duration";

    protected override string? UsualRange => $"{DurationText.Format(Least)} to {DurationText.Format(Most)}";

    public override string? RangeInWords => UsualRange;

    protected override string? ProblemOf(T of) => Get(of) is { } duration ? Within(duration, Least, Most) : null;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Duration(this);
}

/// <summary>An instant.</summary>
internal sealed record InstantField<T>(string Name, Func<T, DateTimeOffset?> Get, Func<T, DateTimeOffset, T> Set) : Field<T>(Name)
{
    protected override string UsualType => "instant";

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Instant(this);
}

/// <summary>True or false.</summary>
internal sealed record FlagField<T>(string Name, Func<T, bool?> Get, Func<T, bool, T> Set) : Field<T>(Name)
{
    protected override string UsualType => "`true` or `false`";

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Flag(this);
}

/// <summary>One of a few words.</summary>
internal sealed record WordField<T, TWord>(string Name, Func<T, TWord?> Get, Func<T, TWord, T> Set, ImmutableArray<(string Word, TWord Value)> Words)
    : Field<T>(Name)
    where TWord : struct, Enum
{
    protected override string UsualType => Joined(Words.Select(w => $"`{w.Word}`"));

    protected override string UsualExpected => Joined(Words.Select(w => w.Word));

    protected override string? UsualDefaultInJson =>
        Words.FirstOrDefault(w => $"`{w.Word}`" == Default) is { Word: not null } usual ? $"`{usual.Value}`" : Default;

    /// <summary>The word of a value; of one that nobody knows, its number.</summary>
    public string Of(TWord value) => Words.FirstOrDefault(w => w.Value.Equals(value)).Word ?? value.ToString();

    // JSON may have a number for a word.
    protected override string? ProblemOf(T of) => Get(of) is { } word && !Enum.IsDefined(word) ? $"expected {Expected}" : null;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Word(this);

    private static string Joined(IEnumerable<string> words) => $"{string.Join(", ", words.SkipLast(1))} or {words.Last()}";
}

/// <summary>A JSON Schema.</summary>
internal sealed record SchemaField<T>(string Name, Func<T, JsonElement?> Get, Func<T, JsonElement, T> Set) : Field<T>(Name)
{
    protected override string UsualType =>
        "a JSON Schema as a mapping (or `true`, `false`), or text: the path of a file with one in JSON or YAML, relative to this file";

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Schema(this);
}
