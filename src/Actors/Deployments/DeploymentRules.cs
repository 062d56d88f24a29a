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
    /// <summary>How many problems of one deployment are told: nobody reads more, and looking for what was meant costs time for each.</summary>
    private const int MostProblems = 200;

    /// <summary>How many problems of one text are told.</summary>
    private const int MostOfText = 20;
    private const int LongestText = 10_000;
    private const int LongestVariable = 256;
    private const int LongestPath = 4_095;
    private const int MostSourceArguments = 100;

    private const int MostParameterBytes = 1024 * 1024;

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

        CheckTags(spec.Tags, problems);
        var known = ParameterRules.Check(spec, problems);
        CheckProgram(spec, known, problems);
        CheckEnvironment(spec, known, problems);
        CheckInherited(spec.EnvInherit, problems);
        CheckSchedules(spec, problems);
        CheckLimits(spec, problems);
        if (!spec.Retries.Delays.IsEmpty && spec.Retries.Delay != TimeSpan.Zero)
        {
            problems.Add(new("retries", "expected either 'delay' or 'delays'"));
        }

        FlowRuns.ExitRules.Check(spec, problems);
        problems.AddRange(DeploymentSpec.Fields.SelectMany(field => field.OutOfBounds(spec, "")));
        if (ScheduleRules.ProblemOfCatchUp(spec) is { } catchUp && problems.All(p => p.Field is not ("catchup" or "catchup_limit")))
        {
            problems.Add(catchUp);
        }

        return problems.ToImmutable();
    }

    private static void CheckCounts(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        problems.AddRange(DeploymentSpec.Fields.SelectMany(field => field.TooMany(spec, "")));
        if (spec.Parameters.Sum(p => (long)p.Key.Length + p.Value.GetRawText().Length) > MostParameterBytes)
        {
            problems.Add(new("parameters", $"they are longer than {MostParameterBytes} characters; leave large data in files"));
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
        if (tags.Length > DeploymentSpec.TagsField.Most)
        {
            problems.Add(new("tags", $"there are {tags.Length}; at most {DeploymentSpec.TagsField.Most} are possible"));
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
            problems.Add(new(
                "command", "expected a list of at least one text, the program first, e.g. [python3, hello.py], or 'shell' with a text for /bin/sh"));
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

        if (text.Length > DeploymentSpec.ShellField.Most)
        {
            return;
        }

        var shell = ShellText.Of(text);
        problems.AddRange(shell.Problems.Select(problem => new Problem(field, problem)));
        if (shell.Problems.IsEmpty)
        {
            problems.AddRange(Templates.Problems(shell.Templates, known).Take(MostOfText)
                .Select(problem => new Problem(field, problem.Contains("is not a template", StringComparison.Ordinal)
                    ? $"{problem}. In single quotes braces stay as they are" : problem)));
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
            else if (value is not null && (name == "PATH" ? "its value is shown where a program is not found in it; declare it as a text"
                : ProblemOfSource(value)) is { } problem)
            {
                problems.Add(new(field, problem));
            }
        }
    }

    /// <summary>
    /// What is wrong with where a value is read. It is taken as it is written: what a run is given, which its caller may choose, does not choose what
    /// is read with the rights of the node.
    /// </summary>
    private static string? ProblemOfSource(EnvValue value) => value switch
    {
        EnvValue.FromEnv(var name) when name is not { Length: > 0 and <= LongestVariable } || name.AsSpan().IndexOfAny('=', '\0') >= 0 =>
            $"from_env: expected the name of a variable of the node: 1 to {LongestVariable} characters without '='",
        EnvValue.FromFile(var path)
            when path is not { Length: > 0 and <= LongestPath } || !Path.IsPathRooted(path) || path.Contains('\0', StringComparison.Ordinal) =>
            $"from_file: expected the absolute path of a file on the node, up to {LongestPath} characters",
        EnvValue.FromCommand(var command) when command.IsDefaultOrEmpty || string.IsNullOrWhiteSpace(command[0]) =>
            "from_command: expected a list of at least one text, the program first, e.g. [pass, show, name]",
        EnvValue.FromCommand({ Length: > MostSourceArguments } command) =>
            $"from_command: there are {command.Length} texts; at most {MostSourceArguments} are possible",
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

    }

    private static void CheckLimits(DeploymentSpec spec, ImmutableArray<Problem>.Builder problems)
    {
        if (spec is { Concurrency.OnFull: OnFull.CancelRunning, CatchUp: CatchUpPolicy.All })
        {
            problems.Add(new("concurrency.on_full", "with cancel_running the newest run is what runs, "
                + "and 'catchup: all' would start each missed one to cancel it for the next; set 'catchup: latest'"));
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
