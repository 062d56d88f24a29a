using System.Collections.Immutable;
using System.Globalization;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Deployments.Fields;

namespace Runner.Actors.Deployments;

/// <summary>Whether each field keeps to its own bounds. What fields say together, and what only a node knows, is checked by rules of their own.</summary>
internal static class FieldBounds
{
    /// <summary>Whether lists and mappings are as long as they may be. Counted before anything in one is looked at: what is too long costs no more than that.</summary>
    /// <param name="path">Where its fields stand, with a full stop at the end; empty for the whole.</param>
    public static void CheckCounts<T>(T of, ImmutableArray<Field<T>> fields, string path, ImmutableArray<Problem>.Builder problems)
    {
        var counting = new Counting<T>(of, path, problems);
        foreach (var field in fields)
        {
            if (field.Accept(counting) is { } count && count > field.MostLength)
            {
                problems.Add(new(path + field.Name, $"there are {count}; at most {field.MostLength} are possible"));
            }
        }
    }

    /// <inheritdoc cref="CheckCounts"/>
    /// <summary>Whether texts, numbers, durations and words are possible ones.</summary>
    /// <param name="inJson">Whether fields are named as JSON spells them, and not the deployment file.</param>
    public static void Check<T>(T of, ImmutableArray<Field<T>> fields, string path, ImmutableArray<Problem>.Builder problems, bool inJson = false)
    {
        var checking = new Checking<T>(of, path, problems);
        foreach (var field in fields)
        {
            if (field.Accept(checking) is { } problem)
            {
                problems.Add(new(path + (inJson ? field.JsonName : field.Name), field.Instead is { } instead ? $"{problem}. {instead}" : problem));
            }
        }
    }

    /// <summary>How many items there are; null of what has none, and where a part has told its own.</summary>
    private sealed class Counting<T>(T of, string path, ImmutableArray<Problem>.Builder problems) : IFieldVisitor<T, int?>
    {
        public int? Text(TextField<T> field) => null;

        public int? Texts(TextsField<T> field) => field.Get(of)?.Length;

        public int? Folder(FolderField<T> field) => null;

        public int? Whole(WholeField<T> field) => null;

        public int? Wholes(WholesField<T> field) => field.Get(of)?.Length;

        public int? Number(NumberField<T> field) => null;

        public int? Duration(DurationField<T> field) => null;

        public int? Durations(DurationsField<T> field) => field.Get(of).Length;

        public int? Instant(InstantField<T> field) => null;

        public int? Flag(FlagField<T> field) => null;

        public int? Word<TWord>(WordField<T, TWord> field)
            where TWord : struct, Enum => null;

        public int? Variables(VariablesField<T> field)
        {
            if (field.Get(of) is var variables && variables.Count <= field.Most && variables.Values.Count(v => v is not null and not EnvValue.Text) is var sources && sources > field.MostSources)
            {
                problems.Add(new(
                    path + field.Name, $"there are {sources} values that are read at start (from_env, from_file, from_command); at most {field.MostSources} are possible"));
            }

            return variables.Count;
        }

        public int? Values(ValuesField<T> field) => null;

        public int? Schema(SchemaField<T> field) => null;

        public int? Part<TPart>(PartField<T, TPart> field)
            where TPart : class
        {
            if (field.Get(of) is { } part)
            {
                CheckCounts(part, field.Fields, $"{path}{field.Name}.", problems);
            }

            return null;
        }

        public int? Parts<TPart>(PartsField<T, TPart> field)
            where TPart : class => field.Get(of).Length;
    }

    /// <summary>What is wrong; null if nothing is, and where a part has told it.</summary>
    private sealed class Checking<T>(T of, string path, ImmutableArray<Problem>.Builder problems) : IFieldVisitor<T, string?>
    {
        public string? Text(TextField<T> field) => field.Get(of) is { } text && text.Length > field.Most
            ? $"it is {text.Length} characters long; at most {field.Most} are possible"
            : null;

        public string? Texts(TextsField<T> field) => null;

        public string? Folder(FolderField<T> field) => null;

        public string? Whole(WholeField<T> field) => field.Get(of) is { } number && (number < field.Least || number > field.Most)
            ? $"expected a whole number from {field.Least} to {field.Most}; there is {number}"
            : null;

        public string? Wholes(WholesField<T> field) => null;

        public string? Number(NumberField<T> field) => field.Get(of) is { } number && !(number >= field.Least && number <= field.Most)
            ? string.Create(CultureInfo.InvariantCulture, $"expected a number from {field.Least} to {field.Most}; there is {number}")
            : null;

        public string? Duration(DurationField<T> field) => field.Get(of) is { } duration ? ProblemOf(duration, field.Least, field.Most) : null;

        public string? Durations(DurationsField<T> field)
        {
            var durations = field.Get(of);
            for (var i = 0; i < durations.Length; i++)
            {
                if (ProblemOf(durations[i], TimeSpan.Zero, field.Longest) is { } problem)
                {
                    problems.Add(new($"{path}{field.Name}[{i}]", problem));
                }
            }

            return null;
        }

        public string? Instant(InstantField<T> field) => null;

        public string? Flag(FlagField<T> field) => null;

        /// <summary>JSON may have a number for a word.</summary>
        public string? Word<TWord>(WordField<T, TWord> field)
            where TWord : struct, Enum => field.Get(of) is { } word && !Enum.IsDefined(word) ? $"expected {field.Expected}" : null;

        public string? Variables(VariablesField<T> field) => null;

        public string? Values(ValuesField<T> field) => null;

        public string? Schema(SchemaField<T> field) => null;

        public string? Part<TPart>(PartField<T, TPart> field)
            where TPart : class
        {
            if (field.Get(of) is { } part)
            {
                Check(part, field.Fields, $"{path}{field.Name}.", problems);
            }

            return null;
        }

        /// <summary>Each by the rules that know it, which say where it stands.</summary>
        public string? Parts<TPart>(PartsField<T, TPart> field)
            where TPart : class => null;

        private static string? ProblemOf(TimeSpan value, TimeSpan least, TimeSpan most) =>
            value < least || value > most ? $"{DurationText.Format(value)} is not possible; expected {DurationText.Format(least)} to {DurationText.Format(most)}" : null;
    }
}
