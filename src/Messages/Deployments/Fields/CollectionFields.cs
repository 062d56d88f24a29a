using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Messages.Deployments.Fields;

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

/// <summary>What labels of a node have to be like.</summary>
internal sealed record RequirementsField<T>(string Name, Func<T, NodeRequirements?> Get, Func<T, NodeRequirements, T> Set) : Field<T>(Name)
{
    protected override string UsualType =>
        "mapping of labels to a text, or to a list of texts of which any will do; numbers and booleans are taken as they are spelled; "
        + "`\"!NAME\": null` for nodes without the label";

    protected override string UsualExpected => $"a mapping of labels to values, such as {Example}";

    protected override string? UsualRange =>
        $"up to {Counted(NodeLabels.Most)}; names of 1 to {NodeLabels.LongestName} letters, digits, `-`, `_`, `.`, `/`; "
        + $"values up to {NodeLabels.LongestValue} characters without commas, up to {LabelRule.MostValues} in a list";

    public override int? MostLength => NodeLabels.Most;

    protected override int? CountOf(T of) => Get(of)?.Rules.Length;

    public override IEnumerable<Problem> OutOfBounds(T of, string path) => Get(of)?.Problems(path + Name) ?? [];

    public override TResult Accept<TResult>(IFieldVisitor<T, TResult> visitor) => visitor.Requirements(this);
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
