using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Deployments.Fields;

namespace Runner.Messages.Deployments;

/// <summary>A deployment as it is declared: what to run, when, and within which bounds. See docs/deployment-file.md for every field.</summary>
/// <remarks>
/// A field that JSON leaves out arrives here as its type's zero, not as an initializer's value (so the source generator has it);
/// that is why defaults stand in getters, or are said by null.
/// </remarks>
public sealed record DeploymentSpec
{
    /// <summary>30 seconds, as Prefect's runner grants.</summary>
    public static readonly TimeSpan DefaultStopGrace = TimeSpan.FromSeconds(30);

    /// <summary>And the lowest is as far below zero.</summary>
    internal const int HighestPriority = 1_000;

    /// <summary>More than a deployment file of the largest size usually holds; what asks all of them takes a few milliseconds.</summary>
    private const int MostSchedules = 10_000;

    /// <summary>More than the system takes in a command line is refused by it; this is what is looked at.</summary>
    private const int MostArguments = 10_000;

    private const int MostVariables = 10_000;

    /// <summary>How many values of one deployment are read when it starts: each may be a program that is run.</summary>
    private const int MostSources = 100;

    private const int MostText = 10_000;

    internal static TextsField<DeploymentSpec> TagsField { get; } = new("tags", d => OrNull(d.Tags), (d, v) => d with { Tags = v }, 50)
    {
        About = "words to find it and its runs by", Default = "none", Range = "up to 50, each 1 to 100 characters", Example = "[demo]",
    };

    internal static TextField<DeploymentSpec> ShellField { get; } = new("shell", d => d.Shell, (d, v) => d with { Shell = v })
    {
        Type = "text for `/bin/sh`, instead of `command`: [below](#a-pipeline)", Expected = "a text for /bin/sh, such as \"sort data > sorted\"",
        // With its templates as references it has to fit into an argument, of 128 KiB.
        Most = 32 * 1024, Instead = "Put it in a file and run [sh, FILE]", Example = "sort data | uniq -c",
    };

    /// <summary>In the order in which a file is written, and read about.</summary>
    internal static ImmutableArray<Field<DeploymentSpec>> Fields { get; } =
    [
        new TextField<DeploymentSpec>("name", d => d.Name, (d, v) => d with { Name = v })
        {
            IsRequired = true, Refused = "one-part", Type = "text, required", Expected = "a name of two parts, such as hello/every-10s",
            Range = "two parts of letters, digits, `-`, `_`, `.`, each 1 to 100 characters", Example = "hello/every-10s",
        },
        new TextField<DeploymentSpec>("description", d => d.Description, (d, v) => d with { Description = v })
        {
            About = "what it is, for people", Most = MostText, Default = "none", Example = "Says hello.",
        },
        new TextField<DeploymentSpec>("version", d => d.Version, (d, v) => d with { Version = v })
        {
            About = "the declarer's own version of what it declares", IsSpelled = true, Most = MostText, Default = "none", Example = "\"1\"",
        },
        TagsField,
        new TextsField<DeploymentSpec>(
            "command", d => d.Shell is null || !d.Command.IsEmpty ? d.Command : null, (d, v) => d with { Command = v }, MostArguments)
        {
            Type = "list of texts, required unless there is `shell`; numbers and booleans are taken as they are spelled",
            Expected = "a list of the program and its arguments, such as [python3, hello.py]", Range = "at least the program, up to 10,000",
            Example = "[sleep, 10]",
        },
        ShellField,
        new FolderField<DeploymentSpec>("workdir", d => d.Workdir, (d, v) => d with { Workdir = v })
        {
            Default = "the file's own folder", Example = "../data",
        },
        new VariablesField<DeploymentSpec>("env", d => d.Env, (d, v) => d with { Env = v }, MostVariables, MostSources)
        {
            Default = "the node's environment", Example = "{GREETING: hi, DEBUG: null, DBPASS: {from_file: /run/secrets/db}}",
        },
        new TextsField<DeploymentSpec>("env_inherit", d => d.EnvInherit, (d, v) => d with { EnvInherit = v }, 200)
        {
            ForAll = "all", Type = "`all`, or a list of names of variables",
            About = "what programs get of the node's environment; `*` stands for any characters",
            Expected = "all, or a list of names of variables, such as [PATH, HOME, LC_*]",
            Default = "the node's `env-inherit`, `all` unless it says otherwise",
            Range = "up to 200; [configuration.md](configuration.md#what-programs-inherit)", Example = "[PATH, HOME, \"LC_*\"]",
        },
        new ValuesField<DeploymentSpec>("parameters", d => d.Parameters, (d, v) => d with { Parameters = v })
        {
            About = "what its runs are given, where neither a schedule nor whoever asks says otherwise", Default = "none",
            Range = "up to 1 Mi characters", Example = "{name: world, days: [1, 2]}",
        },
        new SchemaField<DeploymentSpec>("parameter_schema", d => d.ParameterSchema, (d, v) => d with { ParameterSchema = v })
        {
            Default = "none: anything", Range = "up to 256 KiB; [parameters.md](parameters.md)", Example = "{properties: {name: {type: string}}}",
        },
        new FlagField<DeploymentSpec>("enforce_parameter_schema", d => d.EnforceParameterSchema, (d, v) => d with { EnforceParameterSchema = v })
        {
            About = "whether what the schema does not allow is refused", Default = "`true`", Example = "false",
        },
        new PartsField<DeploymentSpec, ScheduleSpec>(
            "schedules", d => d.Schedules, (d, v) => d with { Schedules = v }, ScheduleSpec.Fields, new ScheduleSpec(), MostSchedules)
        {
            About = "when it runs", Item = "a schedule, such as {interval: 10s} or {cron: \"0 4 * * *\"}", Default = "none: it runs when asked",
            Example = "[{interval: 10s}]",
        },
        new WordField<DeploymentSpec, CatchUpPolicy>(
            "catchup", d => d.CatchUp == CatchUpPolicy.Latest ? null : d.CatchUp, (d, v) => d with { CatchUp = v },
            [("all", CatchUpPolicy.All), ("latest", CatchUpPolicy.Latest), ("none", CatchUpPolicy.None)])
        {
            JsonName = "catchUp", About = "which occurrences run that were missed while no node was up", Default = "`latest`", Example = "all",
        },
        new WholeField<DeploymentSpec>("catchup_limit", d => d.CatchUpLimit, (d, v) => d with { CatchUpLimit = v }, 1, 1_000_000)
        {
            JsonName = "catchUpLimit", About = "how many missed occurrences of a schedule run, the newest; only where all would run",
            Default = "no bound", Example = "100",
        },
        new PartField<DeploymentSpec, ConcurrencySpec>(
            "concurrency", d => d.Concurrency, (d, v) => d with { Concurrency = v }, ConcurrencySpec.Fields, new ConcurrencySpec(1))
        {
            About = "how many of its runs may run at once", Expected = "a mapping such as {limit: 1, on_full: queue}", Default = "no bound",
            Example = "{limit: 1}",
        },
        new TextsField<DeploymentSpec>("limits", d => OrNull(d.Limits), (d, v) => d with { Limits = v }, 20)
        {
            Type = "list of the names of limits", About = "a run takes a slot of each",
            Expected = "a list of the names of limits, such as [database]", Default = "none", Example = "[database]",
        },
        new WholesField<DeploymentSpec>("success_codes", d => d.SuccessCodes, (d, v) => d with { SuccessCodes = v }, 256)
        {
            Type = "list of whole numbers", About = "the exit codes, 0 to 255, that complete a run; without `0`, 0 fails",
            Expected = "a list of exit codes, such as [0, 3]", Default = "`[0]`", Example = "[0, 3]",
        },
        new PartField<DeploymentSpec, RetrySpec>("retries", d => d.Retries, (d, v) => d with { Retries = v }, RetrySpec.Fields, RetrySpec.None)
        {
            About = "when an attempt that did not complete is followed by another", IsNothingIfEmpty = true, Default = "none",
            Example = "{count: 3, delay: 10s}",
        },
        new DurationField<DeploymentSpec>(
            "timeout", d => d.Timeout, (d, v) => d with { Timeout = v }, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(365))
        {
            About = "how long an attempt may run", Default = "no bound", Example = "1h",
        },
        new DurationField<DeploymentSpec>("stop_grace", d => d.StopGrace, (d, v) => d with { StopGrace = v }, TimeSpan.Zero, TimeSpan.FromHours(1))
        {
            About = "how long a program has between SIGTERM and SIGKILL", Default = $"`{DurationText.Format(DefaultStopGrace)}`", Example = "5s",
        },
        new PartField<DeploymentSpec, RetentionSpec>(
            "retention", d => d.Retention, (d, v) => d with { Retention = v }, RetentionSpec.Fields, new RetentionSpec())
        {
            About = "which of its ended runs are kept, instead of the node's rule", Expected = "a mapping such as {keep_for: 7d, keep_runs: 500}",
            Default = "the node's", Example = "{keep_for: 7d}",
        },
        new WholeField<DeploymentSpec>(
            "priority", d => d.Priority == 0 ? null : d.Priority, (d, v) => d with { Priority = v }, -HighestPriority, HighestPriority)
        {
            About = "waiting runs of higher priority start first", Default = "`0`", Example = "10",
        },
        new FlagField<DeploymentSpec>("paused", d => d.Paused ? true : null, (d, v) => d with { Paused = v })
        {
            About = "whether its schedules are paused", Default = "`false`", Example = "true",
        },
        new TextField<DeploymentSpec>("user", d => d.User, (d, v) => d with { User = v })
        {
            IsSpelled = true, Refused = "a/b", About = "the system user that programs run as", Expected = "the name of a user",
            Default = "the node's own", Range = "needs a node that runs as root; [what it reaches](operations.md#programs-under-another-user)",
            Example = "backup",
        },
        new RequirementsField<DeploymentSpec>("requires", d => d.Requires, (d, v) => d with { Requires = v })
        {
            About = "which [labels](#where-a-run-starts) a node must have, or with `!` must not have, for a run to start on it",
            Default = "none: any node", Example = "{gpu: \"true\", zone: [a, b], \"!spot\": null}",
        },
        new PartField<DeploymentSpec, NodeLossSpec>(
            "on_node_loss", d => d.OnNodeLoss, (d, v) => d with { OnNodeLoss = v }, NodeLossSpec.Fields, new NodeLossSpec())
        {
            About = "what becomes of a run whose program's node is lost", Default = "`{action: wait}`", DefaultInJson = "`{\"action\": \"Wait\"}`",
            Example = "{action: retry, after: 1m}",
        },
    ];

    /// <summary><c>flow/deployment</c>: two parts of letters, digits, <c>-</c>, <c>_</c>, <c>.</c>, each 1 to 100 characters.</summary>
    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The declarer's own version of the recipe; free text.</summary>
    public string? Version { get; init; }

    public ImmutableArray<string> Tags { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>
    /// Empty if there is a <see cref="Shell"/>. The argv, never passed through a shell; <c>{{ parameters.NAME }}</c> is replaced by the parameter's
    /// value, <c>{{ run.id }}</c> by the run's id.
    /// </summary>
    public ImmutableArray<string> Command { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>
    /// Instead of <see cref="Command"/>: a text for <c>/bin/sh -c</c>, such as a pipeline. A template in it is one value to the shell, whatever it
    /// holds: it is handed over, and never pasted in.
    /// </summary>
    public string? Shell { get; init; }

    /// <summary>An absolute directory, in which templates are filled in as in the command.</summary>
    public required string Workdir { get; init; }

    /// <summary>Environment added to the node's own. A null value removes the variable. Texts take templates as the command does.</summary>
    public ImmutableSortedDictionary<string, EnvValue?> Env { get => field ?? ImmutableSortedDictionary<string, EnvValue?>.Empty; init; }

    /// <summary>
    /// Which of the node's own variables its programs get, instead of what the node says: names, in which <c>*</c> stands for any characters; null
    /// for what the node says. What was given to the node to do its work no program gets.
    /// </summary>
    public ImmutableArray<string>? EnvInherit { get; init; }

    /// <summary>Default parameters: a JSON object.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Parameters { get => field ?? ImmutableSortedDictionary<string, JsonElement>.Empty; init; }

    /// <summary>What a run's parameters have to be like: a JSON Schema of draft 2020-12 or 7; null for anything.</summary>
    public JsonElement? ParameterSchema { get; init; }

    /// <summary>Whether parameters that <see cref="ParameterSchema"/> does not allow are refused; null is true.</summary>
    public bool? EnforceParameterSchema { get; init; }

    public ImmutableArray<ScheduleSpec> Schedules { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>What happens to occurrences missed while no node was up.</summary>
    public CatchUpPolicy CatchUp { get; init; }

    /// <summary>
    /// How many missed occurrences of a schedule run at most, the newest, with <see cref="CatchUpPolicy.All"/>: 1 to 1,000,000; null for no bound.
    /// </summary>
    public int? CatchUpLimit { get; init; }

    /// <summary>How many runs of this deployment may run at once; null for no limit.</summary>
    public ConcurrencySpec? Concurrency { get; init; }

    /// <summary>Named limits, of each of which a run takes one slot.</summary>
    public ImmutableArray<string> Limits { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>The exit codes that complete a run, 0 to 255, which is never retried then; null is 0 alone.</summary>
    public ImmutableArray<int>? SuccessCodes { get; init; }

    public RetrySpec Retries { get => field ?? RetrySpec.None; init; }

    /// <summary>How long an attempt may run, 100 ms to 365 days; null for no bound.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a program has between SIGTERM and SIGKILL, 0 to 1 hour; null is <see cref="DefaultStopGrace"/>.</summary>
    public TimeSpan? StopGrace { get; init; }

    /// <summary>Waiting runs of higher priority start first; -1,000 to 1,000.</summary>
    public int Priority { get; init; }

    /// <summary>Which of its ended runs are kept, instead of the node's rule; null for the node's.</summary>
    public RetentionSpec? Retention { get; init; }

    /// <summary>Whether schedules are paused from the start.</summary>
    public bool Paused { get; init; }

    /// <summary>The system user programs run as; null is the node's own. Another user needs a node that runs as root.</summary>
    public string? User { get; init; }

    /// <summary>Which labels a node must have, or must not have, for a run to start on it; null for any node.</summary>
    public NodeRequirements? Requires { get; init => field = value is { Rules.IsEmpty: true } ? null : value; }

    /// <summary>What becomes of a run whose program's node is lost; null is to wait until the node is back.</summary>
    public NodeLossSpec? OnNodeLoss { get; init; }

    private static ImmutableArray<string>? OrNull(ImmutableArray<string> texts) => texts.IsEmpty ? null : texts;
}
