using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runner.Messages.Deployments.Fields;

/// <summary>
/// One field of a deployment, or of a part of it: all that is said of it anywhere. From it the deployment file is read and written, the node checks
/// bounds and names changes, <c>deployment show</c> has its line, the API's document its description and docs/deployment-file.md its row.
/// </summary>
/// <param name="Name">As the deployment file spells it.</param>
internal abstract record Field(string Name)
{
    /// <summary>As JSON spells it.</summary>
    public string JsonName { get => field ??= Camel(Name); init; }

    /// <summary>What it is for, beginning small and without a full stop; null where its name says it all.</summary>
    public string? About { get; init; }

    /// <summary>What the file takes for it, in the words of its documentation.</summary>
    public string Type { get => field ?? UsualType; init; }

    /// <summary>What holds if nothing is said, in Markdown; null if that is no case.</summary>
    public string? Default { get; init; }

    /// <summary>The same, as JSON spells it.</summary>
    public string? DefaultInJson { get => field ?? UsualDefaultInJson; init; }

    /// <summary>Which values are possible, in Markdown; null if all of its type are.</summary>
    public string? Range { get => field ?? UsualRange; init; }

    /// <summary>A value as the file has it. Tests take it for a value that is not the default.</summary>
    public required string Example { get; init; }

    /// <summary>What is expected, for whoever wrote something else.</summary>
    public string Expected { get => field ?? UsualExpected; init; }

    /// <summary>What to do instead of what is out of bounds; null if there is nothing to say.</summary>
    public string? Instead { get; init; }

    /// <summary>Whether a file has to have it.</summary>
    public bool IsRequired { get; init; }

    protected abstract string UsualType { get; }

    protected virtual string UsualExpected => UsualType;

    protected virtual string? UsualRange => null;

    protected virtual string? UsualDefaultInJson => Default;

    /// <summary>The bounds that a schema has no keyword for; null if there are none.</summary>
    public virtual string? RangeInWords => null;

    /// <summary>The characters, items or entries it may have; null if they are not bounded.</summary>
    public virtual int? MostLength => null;

    /// <summary>The least and the greatest number; null if it is none, or has no bounds.</summary>
    public virtual (double Least, double Most)? Numbers => null;

    protected static string Counted(double number) => number.ToString("#,0.##", CultureInfo.InvariantCulture);

    private static string Camel(string name) =>
        string.Concat(name.Split('_').Select((part, i) => i == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]));
}

/// <inheritdoc/>
/// <typeparam name="T">What has the field.</typeparam>
internal abstract record Field<T>(string Name) : Field(Name)
{
    /// <summary>Calls the method of the field's kind.</summary>
    public abstract TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor);

    /// <summary>
    /// Lists and mappings that are longer than they may be. Counted before anything in one is looked at: what is too long costs no more than that.
    /// </summary>
    /// <param name="path">Where the field stands, with a full stop at the end; empty for the whole.</param>
    public virtual IEnumerable<Problem> TooMany(T of, string path) =>
        CountOf(of) is { } count && count > MostLength ? [new(path + Name, $"there are {count}; at most {MostLength} are possible")] : [];

    /// <summary>Texts, numbers, durations and words that are not possible by themselves. What a list of parts has, rules of their own say.</summary>
    public virtual IEnumerable<Problem> OutOfBounds(T of, string path) =>
        ProblemOf(of) is { } problem ? [new(path + Name, Instead is { } instead ? $"{problem}. {instead}" : problem)] : [];

    protected virtual int? CountOf(T of) => null;

    protected virtual string? ProblemOf(T of) => null;

    protected static string? Within(TimeSpan value, TimeSpan least, TimeSpan most) =>
        value < least || value > most
            ? $"{DurationText.Format(value)} is not possible; expected {DurationText.Format(least)} to {DurationText.Format(most)}" : null;
}

/// <summary>A method for each kind of field: who adds a kind finds here who has to know it.</summary>
internal interface IFieldVisitor<T, out TResult>
{
    TResult Text(TextField<T> field);

    TResult Texts(TextsField<T> field);

    TResult Folder(FolderField<T> field);

    TResult Whole(WholeField<T> field);

    TResult Wholes(WholesField<T> field);

    TResult Number(NumberField<T> field);

    TResult Duration(DurationField<T> field);

    TResult Durations(DurationsField<T> field);

    TResult Instant(InstantField<T> field);

    TResult Flag(FlagField<T> field);

    TResult Word<TWord>(WordField<T, TWord> field)
        where TWord : struct, Enum;

    TResult Variables(VariablesField<T> field);

    TResult Values(ValuesField<T> field);

    TResult Schema(SchemaField<T> field);

    TResult Part<TPart>(PartField<T, TPart> field)
        where TPart : class;

    TResult Parts<TPart>(PartsField<T, TPart> field)
        where TPart : class;
}

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

/// <summary>A list of texts.</summary>
/// <param name="Most">How many at most.</param>
internal sealed record TextsField<T>(string Name, Func<T, ImmutableArray<string>?> Get, Func<T, ImmutableArray<string>, T> Set, int Most)
    : Field<T>(Name)
{
    /// <summary>What stands for the list of one star; null if nothing does.</summary>
    public string? ForAll { get; init; }

    protected override string UsualType => "list of texts; numbers and booleans are taken as they are spelled";

    protected override string UsualExpected => $"a list of texts, such as {Example}";

    protected override string? UsualRange => $"up to {Counted(Most)}";

    public override int? MostLength => Most;

    protected override int? CountOf(T of) => Get(of)?.Length;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Texts(this);
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

/// <summary>A list of whole numbers.</summary>
/// <param name="Most">How many at most.</param>
internal sealed record WholesField<T>(string Name, Func<T, ImmutableArray<int>?> Get, Func<T, ImmutableArray<int>, T> Set, int Most) : Field<T>(Name)
{
    protected override string UsualType => "list of whole numbers";

    protected override string? UsualRange => $"up to {Counted(Most)}";

    public override int? MostLength => Most;

    protected override int? CountOf(T of) => Get(of)?.Length;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Wholes(this);
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

/// <summary>A list of durations.</summary>
/// <param name="Longest">Each is 0 to this.</param>
/// <param name="Most">How many at most.</param>
internal sealed record DurationsField<T>(
    string Name, Func<T, ImmutableArray<TimeSpan>> Get, Func<T, ImmutableArray<TimeSpan>, T> Set, TimeSpan Longest, int Most) : Field<T>(Name)
{
    protected override string UsualType => "list of durations";

    protected override string UsualExpected => $"a list of durations, such as {Example}";

    protected override string? UsualRange => $"up to {Counted(Most)}, 0s to {DurationText.Format(Longest)} each";

    public override int? MostLength => Most;

    protected override int? CountOf(T of) => Get(of).Length;

    public override IEnumerable<Problem> OutOfBounds(T of, string path) => Get(of)
        .Select((duration, i) => (Field: $"{path}{Name}[{i}]", Problem: Within(duration, TimeSpan.Zero, Longest)))
        .Where(item => item.Problem is not null).Select(item => new Problem(item.Field, item.Problem!));

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Durations(this);
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

/// <summary>Variables of the environment.</summary>
/// <param name="Most">How many at most.</param>
/// <param name="MostSources">How many of them may be read when a program starts.</param>
internal sealed record VariablesField<T>(
    string Name, Func<T, ImmutableSortedDictionary<string, EnvValue?>> Get, Func<T, ImmutableSortedDictionary<string, EnvValue?>, T> Set, int Most,
    int MostSources) : Field<T>(Name)
{
    private const string Sources = "from_env, from_file, from_command";

    protected override string UsualType =>
        "mapping of texts; `null` removes a variable the node has; "
        + "`{from_env: NAME}`, `{from_file: PATH}` and `{from_command: [PROGRAM, …]}` are [read at start](#secret-values)";

    protected override string UsualExpected => "a mapping of variables to texts, such as {GREETING: hi}";

    protected override string? UsualRange => $"up to {Counted(Most)}, of which {Counted(MostSources)} are read";

    public override int? MostLength => Most;

    protected override int? CountOf(T of) => Get(of).Count;

    public override IEnumerable<Problem> TooMany(T of, string path) =>
        Get(of) is var variables && variables.Count <= Most && variables.Values.Count(v => v is not null and not EnvValue.Text) is var sources
            && sources > MostSources
            ? [new(path + Name, $"there are {sources} values that are read at start ({Sources}); at most {MostSources} are possible")]
            : base.TooMany(of, path);

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Variables(this);
}

/// <summary>Values of any type by name.</summary>
internal sealed record ValuesField<T>(
    string Name, Func<T, ImmutableSortedDictionary<string, JsonElement>> Get,
    Func<T, ImmutableSortedDictionary<string, JsonElement>, T> Set) : Field<T>(Name)
{
    protected override string UsualType => "mapping of any values";

    protected override string UsualExpected => "a mapping of names to values";

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Values(this);
}

/// <summary>A JSON Schema.</summary>
internal sealed record SchemaField<T>(string Name, Func<T, JsonElement?> Get, Func<T, JsonElement, T> Set) : Field<T>(Name)
{
    protected override string UsualType =>
        "a JSON Schema as a mapping (or `true`, `false`), or text: the path of a file with one in JSON or YAML, relative to this file";

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Schema(this);
}

/// <summary>A mapping with fields of its own.</summary>
/// <param name="New">What it is before any of its fields is said.</param>
internal sealed record PartField<T, TPart>(string Name, Func<T, TPart?> Get, Func<T, TPart, T> Set, ImmutableArray<Field<TPart>> Fields, TPart New)
    : Field<T>(Name)
    where TPart : class
{
    /// <summary>Whether one in which nothing is said is the same as none.</summary>
    public bool IsNothingIfEmpty { get; init; }

    protected override string UsualType => "mapping, see below";

    protected override string UsualExpected => $"a mapping such as {Example}";

    public override IEnumerable<Problem> TooMany(T of, string path) =>
        Get(of) is { } part ? Fields.SelectMany(field => field.TooMany(part, $"{path}{Name}.")) : [];

    public override IEnumerable<Problem> OutOfBounds(T of, string path) =>
        Get(of) is { } part ? Fields.SelectMany(field => field.OutOfBounds(part, $"{path}{Name}.")) : [];

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Part(this);
}

/// <summary>A list of mappings with fields of their own.</summary>
/// <param name="New">What each is before any of its fields is said.</param>
/// <param name="Most">How many at most.</param>
internal sealed record PartsField<T, TPart>(
    string Name, Func<T, ImmutableArray<TPart>> Get, Func<T, ImmutableArray<TPart>, T> Set, ImmutableArray<Field<TPart>> Fields, TPart New, int Most)
    : Field<T>(Name)
    where TPart : class
{
    /// <summary>What an item is expected to be.</summary>
    public required string Item { get; init; }

    protected override string UsualType => $"list of {Name}, see below";

    protected override string UsualExpected => $"a list of {Name}, such as {Example}";

    protected override string? UsualRange => $"up to {Counted(Most)}";

    public override int? MostLength => Most;

    protected override int? CountOf(T of) => Get(of).Length;

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Parts(this);
}
