using System.Collections.Immutable;
using Runner.Messages.Deployments;

namespace Runner.Client.DeploymentFiles;

/// <summary>
/// Reads a deployment's mapping into a <see cref="DeploymentSpec"/>. Names, types and words are checked here; ranges and what only a node
/// knows (its time zones, its users) are the node's to check, and its refusals are brought back to their lines.
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
        var fields = new FieldReader(scope, map, path);
        var name = Name(fields);
        var spec = new DeploymentSpec
        {
            Name = name ?? "",
            Description = fields.Text("description"),
            Version = fields.Spelled("version"),
            Tags = fields.Texts(fields.Take("tags"), "tags", "a list of texts, such as [demo]"),
            Command = Command(fields),
            Shell = fields.Text("shell", "a text for /bin/sh, such as \"sort data > sorted\""),
            Workdir = Workdir(fields, folder),
            Env = Env(fields),
            EnvInherit = EnvInherit(fields),
            Parameters = JsonValues.Parameters(fields),
            ParameterSchema = ParameterSchemas.Read(fields, folder),
            EnforceParameterSchema = fields.Boolean("enforce_parameter_schema"),
            Schedules = fields.List(
                fields.Take("schedules"), "schedules", "a list of schedules, such as [{interval: 10s}]", (i, at) => Schedule(scope, i, at)),
            CatchUp = fields.Word(
                "catchup", ("all", CatchUpPolicy.All), ("latest", CatchUpPolicy.Latest), ("none", CatchUpPolicy.None)) ?? CatchUpPolicy.Latest,
            CatchUpLimit = fields.Integer("catchup_limit"),
            Concurrency = Concurrency(fields),
            Limits = fields.Texts(fields.Take("limits"), "limits", "a list of the names of limits, such as [database]"),
            SuccessCodes = SuccessCodes(fields),
            Retries = Retries(fields),
            Timeout = fields.Duration("timeout"),
            StopGrace = fields.Duration("stop_grace"),
            Retention = Retention(fields),
            Priority = fields.Integer("priority") ?? 0,
            Paused = fields.Boolean("paused") ?? false,
            User = fields.Spelled("user", "the name of a user"),
        };
        fields.RefuseUnknown();
        return scope.Problems.Count == before ? spec : null;
    }

    private static string? Name(FieldReader fields)
    {
        const string expected = "a name of two parts, such as hello/every-10s";
        var item = fields.Required("name", expected);
        var name = item is null ? null : fields.ScalarText(item, fields.PathOf("name"), expected, lenient: false);
        if (item is not null && name is not null && name.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            fields.Scope.Expected(item, fields.PathOf("name"), expected);
        }

        return name;
    }

    private static ImmutableArray<string> Command(FieldReader fields)
    {
        const string expected = "a list of the program and its arguments, such as [python3, hello.py]";
        if (fields.Map.Entries.Any(e => e is { Key: "shell", Value: not YamlScalar { Kind: ScalarKind.Null } }))
        {
            if (fields.Take("command") is not null)
            {
                var shell = fields.Map.Entries.First(e => e.Key == "shell");
                fields.Scope.Problem(shell.Line, shell.Column, fields.PathOf("shell"), "expected 'command' or 'shell'; there are both");
            }

            return [];
        }

        var item = fields.Required("command", expected);
        if (item is YamlList { Items.Count: 0 })
        {
            fields.Scope.Expected(item, fields.PathOf("command"), expected);
        }

        return fields.Texts(item, "command", expected);
    }

    private static string Workdir(FieldReader fields, string folder)
    {
        var given = fields.Text("workdir", "the path of a folder");
        // One that is absolute is taken as it is spelled, so that what a node has can be written to a file and read back.
        return given is null ? folder : Path.IsPathFullyQualified(given) ? given : Path.TrimEndingDirectorySeparator(Path.GetFullPath(given, folder));
    }

    private static ImmutableSortedDictionary<string, EnvValue?> Env(FieldReader fields)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, EnvValue?>(StringComparer.Ordinal);
        foreach (var entry in fields.Mapping("env", "a mapping of variables to texts, such as {GREETING: hi}")?.Entries ?? [])
        {
            var field = $"{fields.PathOf("env")}.{entry.Key}";
            if (entry.Key.Length == 0 || entry.Key.Contains('=', StringComparison.Ordinal) || entry.Key.Contains('\0', StringComparison.Ordinal))
            {
                fields.Scope.Problem(entry.Line, entry.Column, fields.PathOf("env"), $"'{entry.Key.Replace('\0', ' ')}' cannot be the name of a variable");
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
                entry.Value, field, "a text, null to remove the variable, or where it is read at start, such as {from_env: NAME}, {from_file: /run/secrets/name} or {from_command: [pass, show, name]}",
                lenient: true) is { } text)
            {
                values[entry.Key] = text;
            }
        }

        return values.ToImmutable();
    }

    /// <summary>Where a value is read: one field, which says how.</summary>
    private static EnvValue? Source(FileScope scope, YamlMap map, string path)
    {
        var fields = new FieldReader(scope, map, path);
        var (variable, file) = (fields.Spelled("from_env", "the name of a variable of the node"), fields.Text("from_file", "the absolute path of a file on the node"));
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

    /// <summary>«all» is one star.</summary>
    private static ImmutableArray<string>? EnvInherit(FieldReader fields) => fields.Take("env_inherit") switch
    {
        null or YamlScalar { Kind: ScalarKind.Null } => null,
        YamlScalar { Value: "all" } => ["*"],
        var item => fields.Texts(item, "env_inherit", "all, or a list of names of variables, such as [PATH, HOME, LC_*]"),
    };

    private static ScheduleSpec? Schedule(FileScope scope, YamlItem item, string path)
    {
        if (item is not YamlMap map)
        {
            scope.Expected(item, path, "a schedule, such as {interval: 10s} or {cron: \"0 4 * * *\"}");
            return null;
        }

        var fields = new FieldReader(scope, map, path);
        var schedule = new ScheduleSpec
        {
            Id = fields.Spelled("id"),
            Interval = fields.Duration("interval"),
            Anchor = fields.Instant("anchor"),
            Cron = fields.Text("cron", "a cron expression, such as \"0 4 * * sun\""),
            DayOr = fields.Boolean("day_or"),
            Rrule = fields.Text("rrule", "a recurrence rule, such as \"FREQ=MONTHLY;BYDAY=-1FR\""),
            Timezone = fields.Text("timezone", "a time zone, such as Europe/Berlin"),
            Parameters = JsonValues.Parameters(fields),
            Active = fields.Boolean("active"),
            End = fields.Instant("end"),
            MaxRuns = fields.Integer("max_runs"),
            Jitter = fields.Duration("jitter"),
        };
        fields.RefuseUnknown();
        var kinds = map.Entries.Where(e => e.Key is "interval" or "cron" or "rrule").Select(e => $"'{e.Key}'").ToArray();
        if (kinds.Length != 1)
        {
            scope.Problem(item, path, $"expected one of 'interval', 'cron' and 'rrule'; there {(kinds.Length == 0 ? "is none" : $"are {string.Join(" and ", kinds)}")}");
        }
        else if (map.Entries.FirstOrDefault(e => e is { Key: "interval" or "cron" or "rrule", Value: YamlScalar { Kind: ScalarKind.Null } }) is { } empty)
        {
            scope.Problem(empty.Line, empty.Column, $"{path}.{empty.Key}", "expected a value; there is nothing");
        }

        return schedule;
    }

    private static ConcurrencySpec? Concurrency(FieldReader parent)
    {
        const string expected = "a mapping such as {limit: 1, on_full: queue}";
        if (parent.Mapping("concurrency", expected) is not { } map)
        {
            return null;
        }

        var fields = new FieldReader(parent.Scope, map, parent.PathOf("concurrency"));
        var limit = fields.Integer("limit");
        var full = fields.Word("on_full", ("queue", OnFull.Queue), ("cancel_new", OnFull.CancelNew), ("cancel_running", OnFull.CancelRunning)) ?? OnFull.Queue;
        if (map.Entries.All(e => e.Key != "limit" || e.Value is YamlScalar { Kind: ScalarKind.Null }))
        {
            parent.Scope.Problem(map, fields.PathOf("limit"), "is required: expected a whole number of 1 or more");
        }

        fields.RefuseUnknown();
        return new ConcurrencySpec(limit ?? 1, full);
    }

    private static RetentionSpec? Retention(FieldReader parent)
    {
        if (parent.Mapping("retention", "a mapping such as {keep_for: 7d, keep_runs: 500}") is not { } map)
        {
            return null;
        }

        var fields = new FieldReader(parent.Scope, map, parent.PathOf("retention"));
        var retention = new RetentionSpec(fields.Duration("keep_for"), fields.Integer("keep_runs"));
        fields.RefuseUnknown();
        return retention;
    }

    private static ImmutableArray<int>? SuccessCodes(FieldReader fields) => fields.Take("success_codes") is not { } item || item is YamlScalar { Kind: ScalarKind.Null }
        ? null
        : [.. fields.List(item, "success_codes", "a list of exit codes, such as [0, 3]", (i, at) => fields.ReadInteger(i, at) is { } code ? (object)code : null).Cast<int>()];

    private static ImmutableArray<string>? Ends(FieldReader fields, string name) => fields.Take(name) is not { } item || item is YamlScalar { Kind: ScalarKind.Null }
        ? null
        : fields.Texts(item, name, "a list of exit codes and names of signals, such as [75, SIGKILL]");

    private static RetrySpec Retries(FieldReader parent)
    {
        if (parent.Mapping("retries", "a mapping such as {count: 3, delay: 10s}") is not { } map)
        {
            return RetrySpec.None;
        }

        var fields = new FieldReader(parent.Scope, map, parent.PathOf("retries"));
        var count = fields.Integer("count");
        var delay = fields.Duration("delay");
        var delays = fields.List(
            fields.Take("delays"), "delays", "a list of durations, such as [1s, 10s, 1m]", (i, at) => fields.ReadDuration(i, at) is { } d ? (object)d : null);
        var retries = new RetrySpec
        {
            // A list of delays says how many there are, unless the count says otherwise.
            Count = count ?? delays.Length,
            Delay = delay ?? TimeSpan.Zero,
            Delays = [.. delays.Cast<TimeSpan>()],
            Backoff = fields.Number("backoff") ?? 1,
            MaxDelay = fields.Duration("max_delay"),
            Jitter = fields.Number("jitter") ?? 0,
            On = Ends(fields, "on"),
            NotOn = Ends(fields, "not_on"),
        };
        if (delay is not null && !delays.IsEmpty)
        {
            parent.Scope.Problem(map, fields.PathOf("delays"), "expected 'delay' or 'delays'; there are both");
        }

        fields.RefuseUnknown();
        return retries;
    }
}
