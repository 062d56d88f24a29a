using System.Collections.Immutable;
using System.Globalization;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Deployments.Fields;

namespace Runner.Client.DeploymentFiles;

/// <summary>Writes deployments and limits as a deployment file: reading it gives the same ones, whatever stands in their texts.</summary>
/// <param name="to">Its line ends have to be line feeds.</param>
public sealed class DeploymentFileWriter(TextWriter to)
{
    private bool _listBegun;

    /// <summary>The file's limits; before the first deployment.</summary>
    public void Write(ImmutableSortedDictionary<string, int> limits)
    {
        if (!limits.IsEmpty)
        {
            to.Write("limits:\n");
            foreach (var (name, size) in limits)
            {
                to.Write($"  {YamlText.Scalar(name)}: {size.ToString(CultureInfo.InvariantCulture)}\n");
            }
        }
    }

    /// <summary>One more deployment.</summary>
    public void Write(DeploymentSpec spec)
    {
        to.Write(_listBegun ? "" : "deployments:\n");
        _listBegun = true;
        var lead = "  - ";
        foreach (var (name, value) in Fields(spec, DeploymentSpec.Fields))
        {
            if (value is not null)
            {
                to.Write($"{lead}{name}: {value}\n");
                lead = "    ";
            }
        }
    }

    /// <summary>Ends the file: one in which nothing is declared still says so, and can be read.</summary>
    public void End(ImmutableSortedDictionary<string, int> limits)
    {
        if (!_listBegun && limits.IsEmpty)
        {
            to.Write("limits: {}\n");
        }

        if (!_listBegun)
        {
            to.Write("deployments: []\n");
        }

        to.Flush();
    }

    /// <summary>Null values for what is as it is by default.</summary>
    private static IEnumerable<(string Name, string? Value)> Fields<T>(T of, ImmutableArray<Field<T>> fields)
    {
        var writing = new Writing<T>(of);
        return fields.Select(field => (field.Name, field.Accept(writing)));
    }

    /// <summary>Writes each kind of field; null for what is as it is by default.</summary>
    private sealed class Writing<T>(T of) : IFieldVisitor<T, string?>
    {
        public string? Text(TextField<T> field) => field.Get(of) is { } text ? YamlText.Scalar(text) : null;

        public string? Texts(TextsField<T> field) =>
            field.Get(of) is not { } texts ? null : field.ForAll is { } all && texts is ["*"] ? all : YamlText.List(texts.Select(YamlText.Scalar));

        public string? Folder(FolderField<T> field) => YamlText.Scalar(field.Get(of));

        public string? Whole(WholeField<T> field) => Number(field.Get(of));

        public string? Wholes(WholesField<T> field) => field.Get(of) is { } numbers ? YamlText.List(numbers.Select(n => Number((long)n)!)) : null;

        public string? Number(NumberField<T> field) => Number(field.Get(of));

        public string? Duration(DurationField<T> field) => field.Get(of) is { } duration ? DurationText.Format(duration) : null;

        public string? Durations(DurationsField<T> field) =>
            field.Get(of) is { IsEmpty: false } durations ? YamlText.List(durations.Select(DurationText.Format)) : null;

        public string? Instant(InstantField<T> field) => field.Get(of) is { } instant ? Instants.Format(instant) : null;

        public string? Flag(FlagField<T> field) => field.Get(of) switch { true => "true", false => "false", null => null };

        public string? Word<TWord>(WordField<T, TWord> field)
            where TWord : struct, Enum => field.Get(of) is { } value ? field.Of(value) : null;

        public string? Variables(VariablesField<T> field) => Mapping(field.Get(of), Value);

        public string? Values(ValuesField<T> field) => Mapping(field.Get(of), YamlText.Json);

        public string? Schema(SchemaField<T> field) => field.Get(of) is { } schema ? YamlText.Json(schema) : null;

        public string? Requirements(RequirementsField<T> field) => field.Get(of) is { Rules.IsEmpty: false } requirements
            ? YamlText.Map(requirements.Rules.Select(rule => KeyValuePair.Create(rule.Key, AnyOf(rule)))) : null;

        public string? Part<TPart>(PartField<T, TPart> field)
            where TPart : class =>
                field.Get(of) is { } part && Map(Fields(part, field.Fields)) is var map && !(field.IsNothingIfEmpty && map == "{}") ? map : null;

        public string? Parts<TPart>(PartsField<T, TPart> field)
            where TPart : class =>
                field.Get(of) is { IsEmpty: false } parts ? YamlText.List(parts.Select(part => Map(Fields(part, field.Fields)))) : null;

        private static string? Mapping<TValue>(ImmutableSortedDictionary<string, TValue> values, Func<TValue, string> write) =>
            values.IsEmpty ? null : YamlText.Map(values.Select(v => KeyValuePair.Create(v.Key, write(v.Value))));

        private static string? Number(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture);
    }

    private static string Value(EnvValue? value) => value switch
    {
        null => "null",
        EnvValue.FromEnv(var name) => Source("from_env", YamlText.Scalar(name)),
        EnvValue.FromFile(var path) => Source("from_file", YamlText.Scalar(path)),
        EnvValue.FromCommand(var command) => Source("from_command", YamlText.List(command.Select(YamlText.Scalar))),
        EnvValue.Text(var text) => YamlText.Scalar(text),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "not a way to declare a variable"),
    };

    private static string AnyOf(LabelRule rule) => rule.AnyOf switch
    {
        null => "null",
        [var one] => YamlText.Scalar(one),
        { } values => YamlText.List(values.Select(YamlText.Scalar)),
    };

    private static string Source(string how, string what) => YamlText.Map([KeyValuePair.Create(how, what)]);

    private static string Map(IEnumerable<(string Name, string? Value)> fields) =>
        YamlText.Map(fields.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!)));
}
