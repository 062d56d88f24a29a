using System.Globalization;

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

    TResult Requirements(RequirementsField<T> field);

    TResult Part<TPart>(PartField<T, TPart> field)
        where TPart : class;

    TResult Parts<TPart>(PartsField<T, TPart> field)
        where TPart : class;
}
