using System.Collections.Immutable;
using System.Text;
using Runner.Actors.Processes;
using Runner.Actors.Processes.Shell;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>What a deployment may declare. Every problem is named by its field as the deployment file spells it.</summary>
internal static class DeploymentRules
{
    public const int HighestPriority = 1000;
    public const string PriorityExpected = "expected a whole number from -1000 to 1000";

    /// <summary>More than a deployment file of the largest size usually holds; what asks all of them takes a few milliseconds.</summary>
    private const int MostSchedules = 10_000;

    private const int MostTags = 50;
    private const int MostLimits = 20;
    private const int MostInherited = 200;
    private const int MostRetries = 1000;

    /// <summary>More than the system takes in a command line is refused by it; this is what is looked at.</summary>
    private const int MostArguments = 10_000;
    private const int MostVariables = 10_000;

    /// <summary>How many problems of one deployment are told: nobody reads more, and looking for what was meant costs time for each.</summary>
    private const int MostProblems = 200;

    /// <summary>How many problems of one text are told.</summary>
    private const int MostOfText = 20;
    private const int LongestText = 10_000;

    /// <summary>With its templates as references it has to fit into an argument, of 128 KiB.</summary>
    private const int LongestShell = 32 * 1024;
    private const int LongestVariable = 256;
    private const int LongestPath = 4_095;
    private const int MostSourceArguments = 100;

    /// <summary>How many values of one deployment are read when it starts: each may be a program that is run.</summary>
    private const int MostSources = 100;
    private const int MostParameterBytes = 1024 * 1024;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(365);
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromHours(1);

    public static ImmutableArray<Problem> Problems(DeploymentSpec spec)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        CheckCounts(spec, problems);
        if (problems.Count > 0)
        {
            return problems.ToImmutable();
        }

        if (Names.ProblemOfDeployment(spec.Name) is { } name)
        {
            problems.Add(new("name", $"the name '{Short(spec.Name)}' {name}; expected flow/deployment, e.g. hello/every-10s"));
        }

        CheckText("description", spec.Description, problems);
        CheckText("version", spec.Version, problems);
        CheckTags(spec.Tags, problems);
        var known = ParameterRules.Check(spec, problems);
        CheckProgram(spec, known, problems);
        CheckEnvironment(spec, known, problems);
        CheckInherited(spec.EnvInherit, problems);
        CheckSchedules(spec, problems);
        CheckLimits(spec, problems);
        CheckRetries(spec.Retries, problems);
        FlowRuns.ExitRules.Check(spec, problems);
        RetentionBounds.Check("retention.keep_for", spec.Retention?.KeepFor, "retention.keep_runs", spec.Retention?.KeepRuns, problems);
        Range("timeout", spec.Timeout, ShortestTimeout, LongestTimeout, problems);
        Range("stop_grace", spec.StopGrace, TimeSpan.Zero, LongestGrace, problems);
        if (spec.Priority is < -HighestPriority or > HighestPriority)
        {
            problems.Add(new("priority", PriorityExpected));
        }

        return problems.ToImmutable();
    }

    /// <summary>Every list is counted before anything in one is looked at: what is too long costs no more than that.</summary>
    private static void CheckCounts(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        AtMost("tags", spec.Tags.Length, MostTags, problems);
        AtMost("command", spec.Command.Length, MostArguments, problems);
        AtMost("env", spec.Env.Count, MostVariables, problems);
        if (spec.Env.Count <= MostVariables && spec.Env.Values.Count(v => v is not null and not EnvValue.Text) is > MostSources and var sources)
        {
            problems.Add(new("env", $"there are {sources} values that are read at start (from_env, from_file, from_command); at most {MostSources} are possible"));
        }

        AtMost("schedules", spec.Schedules.Length, MostSchedules, problems);
        AtMost("limits", spec.Limits.Length, MostLimits, problems);
        AtMost("retries.delays", spec.Retries.Delays.Length, MostRetries, problems);
        if (spec.Parameters.Sum(p => (long)p.Key.Length + p.Value.GetRawText().Length) > MostParameterBytes)
        {
            problems.Add(new("parameters", $"they are longer than {MostParameterBytes} characters; leave large data in files"));
        }
    }

    private static void AtMost(string field, int count, int most, ImmutableArray<Problem>.Builder problems)
    {
        if (count > most)
        {
            problems.Add(new(field, $"there are {count}; at most {most} are possible"));
        }
    }

    /// <summary>Whether so much is wrong that the rest is not looked at, which is said.</summary>
    private static bool IsEnough(string field, ImmutableArray<Problem>.Builder problems)
    {
        if (problems.Count < MostProblems)
        {
            return false;
        }

        problems.Add(new(field, $"so much is wrong that the rest was not looked at; put the first {MostProblems} right"));
        return true;
    }

    public static void CheckTags(ImmutableArray<string> tags, ImmutableArray<Problem>.Builder problems)
    {
        if (tags.Length > MostTags)
        {
            AtMost("tags", tags.Length, MostTags, problems);
            return;
        }

        for (var i = 0; i < tags.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(tags[i]) || tags[i].Length > 100 || tags[i].Any(char.IsControl))
            {
                problems.Add(new($"tags[{i}]", "expected a text of 1 to 100 characters without control characters"));
            }
            else if (tags.IndexOf(tags[i]) < i)
            {
                problems.Add(new($"tags[{i}]", $"'{tags[i]}' is there twice"));
            }
        }
    }

    private static void CheckProgram(DeploymentSpec spec, HashSet<string> known, ImmutableArray<Problem>.Builder problems)
    {
        if (spec.Shell is { } shell)
        {
            CheckShell(shell, known, problems);
            if (!spec.Command.IsEmpty)
            {
                problems.Add(new("shell", "expected 'command' or 'shell'; there are both"));
            }
        }
        else if (spec.Command.IsEmpty || string.IsNullOrWhiteSpace(spec.Command[0]))
        {
            problems.Add(new("command", "expected a list of at least one text, the program first, e.g. [python3, hello.py], or 'shell' with a text for /bin/sh"));
        }

        for (var i = 0; i < spec.Command.Length; i++)
        {
            if (IsEnough("command", problems))
            {
                break;
            }

            CheckArgument($"command[{i}]", spec.Command[i], known, problems);
        }

        if (string.IsNullOrEmpty(spec.Workdir) || !Path.IsPathRooted(spec.Workdir) || spec.Workdir.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add(new("workdir", "expected an absolute directory"));
        }
        else
        {
            CheckArgument("workdir", spec.Workdir, known, problems);
        }

        if (spec.User is { } user && (user.Length is 0 or > 64 || user.Any(c => char.IsControl(c) || c is ':' or '/')))
        {
            problems.Add(new("user", "expected the name of a system user"));
        }
    }

    private static void CheckShell(string text, HashSet<string> known, ImmutableArray<Problem>.Builder problems)
    {
        const string field = "shell";
        if (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add(new(field, "expected a text for /bin/sh without null characters, e.g. \"sort {{ parameters.file }} | uniq -c\""));
            return;
        }

        if (text.Length > LongestShell)
        {
            problems.Add(new(field, $"it is {text.Length} characters long; at most {LongestShell} are possible. Put it in a file and run [sh, FILE]"));
            return;
        }

        var shell = ShellText.Of(text);
        problems.AddRange(shell.Problems.Select(problem => new Problem(field, problem)));
        if (shell.Problems.IsEmpty)
        {
            problems.AddRange(Templates.Problems(shell.Templates, known).Take(MostOfText)
                .Select(problem => new Problem(field, problem.Contains("is not a template", StringComparison.Ordinal) ? $"{problem}. In single quotes braces stay as they are" : problem)));
        }
    }

    private static void CheckArgument(string field, string? text, HashSet<string> known, ImmutableArray<Problem>.Builder problems)
    {
        if (text is null || text.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add(new(field, "expected a text without null characters"));
            return;
        }

        problems.AddRange(Templates.Problems(text, known).Take(MostOfText).Select(p => new Problem(field, p)));
    }

    private static void CheckEnvironment(DeploymentSpec spec, HashSet<string> known, ImmutableArray<Problem>.Builder problems)
    {
        foreach (var (name, value) in spec.Env)
        {
            if (IsEnough("env", problems))
            {
                break;
            }

            var field = $"env.{name}";
            if (name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0)
            {
                problems.Add(new(field, "the name of a variable is empty or has '=' in it"));
            }
            else if (name.StartsWith("RUNNER_", StringComparison.Ordinal))
            {
                problems.Add(new(field, "names that begin with RUNNER_ are the runner's own"));
            }
            else if (value is EnvValue.Text(var text))
            {
                CheckArgument(field, text, known, problems);
            }
            else if (value is not null && (name == "PATH" ? "its value is shown where a program is not found in it; declare it as a text" : ProblemOfSource(value)) is { } problem)
            {
                problems.Add(new(field, problem));
            }
        }
    }

    /// <summary>
    /// What is wrong with where a value is read. It is taken as it is written: what a run is given, which its caller may choose, does not choose what is
    /// read with the rights of the node.
    /// </summary>
    private static string? ProblemOfSource(EnvValue value) => value switch
    {
        EnvValue.FromEnv(var name) when name is not { Length: > 0 and <= LongestVariable } || name.AsSpan().IndexOfAny('=', '\0') >= 0 =>
            $"from_env: expected the name of a variable of the node: 1 to {LongestVariable} characters without '='",
        EnvValue.FromFile(var path) when path is not { Length: > 0 and <= LongestPath } || !Path.IsPathRooted(path) || path.Contains('\0', StringComparison.Ordinal) =>
            $"from_file: expected the absolute path of a file on the node, up to {LongestPath} characters",
        EnvValue.FromCommand(var command) when command.IsDefaultOrEmpty || string.IsNullOrWhiteSpace(command[0]) =>
            "from_command: expected a list of at least one text, the program first, e.g. [pass, show, name]",
        EnvValue.FromCommand({ Length: > MostSourceArguments } command) => $"from_command: there are {command.Length} texts; at most {MostSourceArguments} are possible",
        EnvValue.FromCommand(var command) when command.Any(a => a is null || a.Length > LongestText || a.Contains('\0', StringComparison.Ordinal)) =>
            $"from_command: expected texts without null characters, up to {LongestText} characters each",
        _ => null,
    };

    private static void CheckInherited(ImmutableArray<string>? names, ImmutableArray<Problem>.Builder problems)
    {
        if (names is not { } said)
        {
            return;
        }

        if (said.Length > MostInherited)
        {
            problems.Add(new("env_inherit", $"there are {said.Length}; at most {MostInherited} are possible"));
            return;
        }

        for (var i = 0; i < said.Length; i++)
        {
            if (InheritedNames.ProblemOf(said[i]) is { } problem)
            {
                problems.Add(new($"env_inherit[{i}]", problem));
            }
        }
    }

    private static void CheckSchedules(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < spec.Schedules.Length; i++)
        {
            if (IsEnough("schedules", problems))
            {
                break;
            }

            var schedule = spec.Schedules[i];
            var field = $"schedules[{i}]";
            if (schedule.Id is { } id && Names.ProblemOfPart(id) is { } problem)
            {
                problems.Add(new($"{field}.id", $"the id '{Short(id)}' {problem}"));
            }
            else if (schedule.Id is not null && !ids.Add(schedule.Id))
            {
                problems.Add(new($"{field}.id", $"'{schedule.Id}' is the id of another schedule of this deployment"));
            }

            problems.AddRange(ScheduleRules.Problems(schedule).Select(p => p with { Field = p.Field.Length == 0 ? field : $"{field}.{p.Field}" }));
        }

        if (ScheduleRules.ProblemOfCatchUp(spec) is { } catchUp)
        {
            problems.Add(catchUp);
        }
    }

    private static void CheckLimits(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        if (spec.Concurrency is { Limit: < 1 or > Limits.LimiterBehaviour.Largest } concurrency)
        {
            problems.Add(new(
                "concurrency.limit",
                $"a limit of {concurrency.Limit} is not possible; expected 1 to {Limits.LimiterBehaviour.Largest}. To hold runs back, set paused: true"));
        }

        if (spec.Concurrency is { } full && !Enum.IsDefined(full.OnFull))
        {
            problems.Add(new("concurrency.on_full", "expected queue, cancel_new or cancel_running"));
        }

        if (spec is { Concurrency.OnFull: OnFull.CancelRunning, CatchUp: CatchUpPolicy.All })
        {
            problems.Add(new("concurrency.on_full", "with cancel_running the newest run is what runs, and 'catchup: all' would start each missed one to cancel it for the next; set 'catchup: latest'"));
        }

        for (var i = 0; i < spec.Limits.Length; i++)
        {
            if (Names.ProblemOfPart(spec.Limits[i]) is { } problem)
            {
                problems.Add(new($"limits[{i}]", $"the name '{Short(spec.Limits[i])}' {problem}"));
            }
            else if (spec.Limits.IndexOf(spec.Limits[i]) < i)
            {
                problems.Add(new($"limits[{i}]", $"'{spec.Limits[i]}' is there twice; a run takes one slot of a limit"));
            }
        }
    }

    private static void CheckRetries(RetrySpec retries, ImmutableArray<Problem>.Builder problems)
    {
        if (retries.Count is < 0 or > MostRetries)
        {
            problems.Add(new("retries.count", $"expected a whole number from 0 to {MostRetries}"));
        }

        Range("retries.delay", retries.Delay, TimeSpan.Zero, LongestDelay, problems);
        Range("retries.max_delay", retries.MaxDelay, TimeSpan.Zero, LongestDelay, problems);
        for (var i = 0; i < retries.Delays.Length; i++)
        {
            Range($"retries.delays[{i}]", retries.Delays[i], TimeSpan.Zero, LongestDelay, problems);
        }

        if (!retries.Delays.IsEmpty && retries.Delay != TimeSpan.Zero)
        {
            problems.Add(new("retries", "expected either 'delay' or 'delays'"));
        }

        if (retries.Backoff is not (>= 1 and <= 100))
        {
            problems.Add(new("retries.backoff", "expected a number from 1 to 100"));
        }

        if (retries.Jitter is not (>= 0 and <= 1))
        {
            problems.Add(new("retries.jitter", "expected a number from 0 to 1"));
        }
    }

    private static void CheckText(string field, string? text, ImmutableArray<Problem>.Builder problems)
    {
        if (text?.Length > LongestText)
        {
            problems.Add(new(field, $"it is {text.Length} characters long; at most {LongestText} are possible"));
        }
    }

    private static void Range(string field, TimeSpan? value, TimeSpan least, TimeSpan most, ImmutableArray<Problem>.Builder problems)
    {
        if (value < least || value > most)
        {
            problems.Add(new(
                field, $"{DurationText.Format(value!.Value)} is not possible; expected {DurationText.Format(least)} to {DurationText.Format(most)}"));
        }
    }

    private static string Short(string? text)
    {
        var shown = new StringBuilder();
        foreach (var c in (text ?? "").AsSpan(0, Math.Min(text?.Length ?? 0, 60)))
        {
            shown.Append(char.IsControl(c) ? '?' : c);
        }

        return text?.Length > 60 ? $"{shown}…" : shown.ToString();
    }
}
