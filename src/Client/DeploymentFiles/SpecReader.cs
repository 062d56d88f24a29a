using System.Collections.Immutable;
using Runner.Messages.Deployments;
using Runner.Messages.Deployments.Fields;

namespace Runner.Client.DeploymentFiles;

/// <summary>
/// Reads a deployment's mapping into a <see cref="DeploymentSpec"/> by its fields. Names, types and words are checked here; ranges and what only a
/// node knows (its time zones, its users) are the node's to check, and its refusals are brought back to their lines.
/// </summary>
internal static class SpecReader
{
    /// <summary>Null if it cannot be sent; what is wrong has been said.</summary>
    public static DeploymentSpec? Read(FileScope scope, YamlItem item, string path, string folder)
    {
        if (item is not YamlMap map)
        {
            scope.Expected(item, path, "a deployment: a mapping with 'name', and 'command' or 'shell'");
            return null;
        }

        var before = scope.Problems.Count;
        var spec = Mapping(scope, map, path, folder, new DeploymentSpec { Name = "", Workdir = folder }, DeploymentSpec.Fields);
        return scope.Problems.Count == before ? spec : null;
    }

    private static T Mapping<T>(FileScope scope, YamlMap map, string path, string folder, T begun, ImmutableArray<Field<T>> known)
        where T : class
    {
        var fields = new FieldReader(scope, map, path);
        var reading = new Reading<T>(fields, folder) { Value = begun };
        foreach (var field in known)
        {
            reading.Value = field.Accept(reading);
        }

        fields.RefuseUnknown();
        return (T)Together(fields, reading.Value);
    }

    /// <summary>What fields say together, which no field says by itself.</summary>
    private static object Together(FieldReader fields, object read) => read switch
    {
        DeploymentSpec => OfDeployment(fields, read),
        ScheduleSpec => OfSchedule(fields, read),
        RetrySpec retries => OfRetries(fields, retries),
        _ => read,
    };

    private static bool Has(FieldReader fields, string name) =>
        fields.Map.Entries.Any(e => e.Key == name && e.Value is not YamlScalar { Kind: ScalarKind.Null });

    /// <summary>Its name has two parts, and there is one of two ways to say what runs.</summary>
    private static object OfDeployment(FieldReader fields, object read)
    {
        static Field Of(string name) => DeploymentSpec.Fields.First(f => f.Name == name);
        if (fields.Map.Entries.FirstOrDefault(e => e.Key == "name")?.Value is YamlScalar { Kind: ScalarKind.Text } name
            && !name.Value.Contains('\0', StringComparison.Ordinal)
            && name.Value.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            fields.Scope.Expected(name, fields.PathOf("name"), Of("name").Expected);
        }

        if (Has(fields, "shell"))
        {
            var shell = fields.Map.Entries.First(e => e.Key == "shell");
            if (Has(fields, "command"))
            {
                fields.Scope.Problem(shell.Line, shell.Column, fields.PathOf("shell"), "expected 'command' or 'shell'; there are both");
            }
        }
        else if (fields.Required("command", Of("command").Expected) is YamlList { Items.Count: 0 } none)
        {
            fields.Scope.Expected(none, fields.PathOf("command"), Of("command").Expected);
        }

        return read;
    }

    /// <summary>It is of one kind.</summary>
    private static object OfSchedule(FieldReader fields, object read)
    {
        var kinds = fields.Map.Entries.Where(e => e.Key is "interval" or "cron" or "rrule").ToArray();
        if (kinds.Length != 1)
        {
            var there = kinds.Length == 0 ? "is none" : $"are {string.Join(" and ", kinds.Select(e => $"'{e.Key}'"))}";
            fields.Scope.Problem(fields.Map, fields.Path, $"expected one of 'interval', 'cron' and 'rrule'; there {there}");
        }
        else if (kinds[0] is { Value: YamlScalar { Kind: ScalarKind.Null } } empty)
        {
            fields.Scope.Problem(empty.Line, empty.Column, fields.PathOf(empty.Key), "expected a value; there is nothing");
        }

        return read;
    }

    /// <summary>A list of delays says how many there are, unless the count says otherwise.</summary>
    private static RetrySpec OfRetries(FieldReader fields, RetrySpec retries)
    {
        if (Has(fields, "delay") && !retries.Delays.IsEmpty)
        {
            fields.Scope.Problem(fields.Map, fields.PathOf("delays"), "expected 'delay' or 'delays'; there are both");
        }

        return Has(fields, "count") ? retries : retries with { Count = retries.Delays.Length };
    }

    /// <summary>Reads each kind of field: what has the field, with its value, or as it was if nothing is said or it is wrong.</summary>
    private sealed class Reading<T>(FieldReader fields, string folder) : IFieldVisitor<T, T>
        where T : class
    {
        public required T Value { get; set; }

        public T Text(TextField<T> field) =>
            With((field.IsRequired ? fields.Required(field.Name, field.Expected) : fields.Take(field.Name)) is { } item
                ? fields.ScalarText(item, fields.PathOf(field.Name), field.Expected, lenient: field.IsSpelled) : null, field.Set);

        public T Texts(TextsField<T> field) => fields.Take(field.Name) switch
        {
            null => Value,
            YamlScalar { Value: { } word } when word == field.ForAll => field.Set(Value, ["*"]),
            var item => field.Set(Value, fields.Texts(item, field.Name, field.Expected)),
        };

        // One that is absolute is taken as it is spelled, so that what a node has can be written to a file and read back.
        public T Folder(FolderField<T> field) => With(
            fields.Text(field.Name, field.Expected),
            (value, given) => field.Set(
                value, Path.IsPathFullyQualified(given) ? given : Path.TrimEndingDirectorySeparator(Path.GetFullPath(given, folder))));

        public T Whole(WholeField<T> field) =>
            With((field.IsRequired ? fields.Required(field.Name, field.Expected) : fields.Take(field.Name)) is { } item
                ? fields.ReadInteger(item, fields.PathOf(field.Name)) : null, field.Set);

        public T Wholes(WholesField<T> field) => fields.Take(field.Name) is not { } item ? Value : field.Set(
            Value, [.. fields.List(item, field.Name, field.Expected, (i, at) => (object?)fields.ReadInteger(i, at)).Cast<int>()]);

        public T Number(NumberField<T> field) => With(fields.Number(field.Name), field.Set);

        public T Duration(DurationField<T> field) => With(fields.Duration(field.Name), field.Set);

        public T Durations(DurationsField<T> field) => fields.Take(field.Name) is not { } item ? Value : field.Set(
            Value, [.. fields.List(item, field.Name, field.Expected, (i, at) => (object?)fields.ReadDuration(i, at)).Cast<TimeSpan>()]);

        public T Instant(InstantField<T> field) => With(fields.Instant(field.Name), field.Set);

        public T Flag(FlagField<T> field) => With(fields.Boolean(field.Name), field.Set);

        public T Word<TWord>(WordField<T, TWord> field)
            where TWord : struct, Enum => With(fields.Word(field.Name, field.Words.AsSpan()), field.Set);

        public T Variables(VariablesField<T> field) => field.Set(Value, Env(fields, field.Name, field.Expected));

        public T Values(ValuesField<T> field) => field.Set(Value, JsonValues.Parameters(fields, field.Name, field.Expected));

        public T Schema(SchemaField<T> field) => With(ParameterSchemas.Read(fields, field.Name, folder), field.Set);

        public T Requirements(RequirementsField<T> field) => fields.Mapping(field.Name, field.Expected) is { } map
            ? field.Set(Value, new(map.Entries.Select(entry => Rule(fields, field.Name, entry)))) : Value;

        public T Part<TPart>(PartField<T, TPart> field)
            where TPart : class => fields.Mapping(field.Name, field.Expected) is { } map
                ? field.Set(Value, Mapping(fields.Scope, map, fields.PathOf(field.Name), folder, field.New, field.Fields))
                : Value;

        public T Parts<TPart>(PartsField<T, TPart> field)
            where TPart : class => field.Set(Value, fields.List(fields.Take(field.Name), field.Name, field.Expected, (item, path) =>
            {
                if (item is YamlMap map)
                {
                    return Mapping(fields.Scope, map, path, folder, field.New, field.Fields);
                }

                fields.Scope.Expected(item, path, field.Item);
                return null;
            }));

        private T With<TValue>(TValue? value, Func<T, TValue, T> set)
            where TValue : class => value is null ? Value : set(Value, value);

        private T With<TValue>(TValue? value, Func<T, TValue, T> set)
            where TValue : struct => value is { } given ? set(Value, given) : Value;
    }

    private static ImmutableSortedDictionary<string, EnvValue?> Env(FieldReader fields, string name, string expected)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, EnvValue?>(StringComparer.Ordinal);
        foreach (var entry in fields.Mapping(name, expected)?.Entries ?? [])
        {
            var field = $"{fields.PathOf(name)}.{entry.Key}";
            if (entry.Key.Length == 0 || entry.Key.Contains('=', StringComparison.Ordinal) || entry.Key.Contains('\0', StringComparison.Ordinal))
            {
                fields.Scope.Problem(
                    entry.Line, entry.Column, fields.PathOf(name), $"'{entry.Key.Replace('\0', ' ')}' cannot be the name of a variable");
            }
            else if (entry.Value is YamlScalar { Kind: ScalarKind.Null })
            {
                values[entry.Key] = null;
            }
            else if (entry.Value is YamlMap source)
            {
                values[entry.Key] = Source(fields.Scope, source, field);
            }
            else if (fields.ScalarText(
                entry.Value, field, "a text, null to remove the variable, or where it is read at start, such as {from_env: NAME}, "
                    + "{from_file: /run/secrets/name} or {from_command: [pass, show, name]}",
                lenient: true) is { } text)
            {
                values[entry.Key] = text;
            }
        }

        return values.ToImmutable();
    }

    /// <summary>What a label has to be like. That a name without value is not possible a node would say, too; here nobody has to be asked.</summary>
    private static LabelRule Rule(FieldReader fields, string name, YamlEntry entry)
    {
        const string expected = "a text, or a list of texts of which any will do";
        var absent = entry.Key.StartsWith(LabelRule.Not);
        var rule = new LabelRule(absent ? entry.Key[1..] : entry.Key, null, absent);
        var field = $"{name}.{entry.Key}";
        switch (entry.Value)
        {
            case YamlScalar { Kind: ScalarKind.Null }:
                break;
            case YamlList:
                rule = rule with { AnyOf = fields.Texts(entry.Value, field, expected) };
                break;
            default:
                rule = rule with { AnyOf = [fields.ScalarText(entry.Value, fields.PathOf(field), expected, lenient: true) ?? ""] };
                break;
        }

        if (rule is { AnyOf: null, Absent: false })
        {
            fields.Scope.Problem(entry.Line, entry.Column, fields.PathOf(field), rule.Problem!);
        }

        return rule;
    }

    /// <summary>Where a value is read: one field, which says how.</summary>
    private static EnvValue? Source(FileScope scope, YamlMap map, string path)
    {
        var fields = new FieldReader(scope, map, path);
        var (variable, file) =
            (fields.Spelled("from_env", "the name of a variable of the node"), fields.Text("from_file", "the absolute path of a file on the node"));
        var argv = fields.Take("from_command");
        const string expected = "a list of a program and its arguments, such as [pass, show, name]";
        var command = fields.Texts(argv, "from_command", expected);
        fields.RefuseUnknown();
        if (map.Entries.Count != 1)
        {
            scope.Problem(map, path, "expected one of 'from_env', 'from_file' and 'from_command'");
        }
        else if (argv is YamlList { Items.Count: 0 })
        {
            scope.Expected(argv, fields.PathOf("from_command"), expected);
        }
        else if (variable is null && file is null && argv is null)
        {
            // One that is there and says nothing: what is of another type has been told.
            fields.Required(map.Entries[0].Key, "where the value is read");
        }

        return variable is not null ? new EnvValue.FromEnv(variable)
            : file is not null ? new EnvValue.FromFile(file)
            : new EnvValue.FromCommand(command);
    }
}
