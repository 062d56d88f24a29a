using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Actors.Processes.Shell;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Processes;

/// <summary>What an attempt of a run executes: templates filled in, the run's own variables added.</summary>
/// <param name="apiVariables">The variables that lead a program to its node's API, for a run: RUNNER_API_URL and RUNNER_TOKEN.</param>
internal sealed class ProcessSpecs(Func<Guid, IEnumerable<KeyValuePair<string, string?>>> apiVariables)
{
    /// <param name="problem">Why it cannot be started though it is as declared; null if nothing is known that hinders it.</param>
    public ProcessSpec For(AttemptKey attempt, RunScheduled run, out StartProblem? problem)
    {
        var recipe = run.Recipe;
        var parameters = run.Parameters;
        var filling = new Filling(new TemplateValues(attempt, run));
        var command = filling.Command(recipe);
        var environment = ImmutableArray.CreateBuilder<KeyValuePair<string, string?>>(recipe.Env.Count + 4);
        var secrets = ImmutableArray.CreateBuilder<SecretVariable>();
        foreach (var (name, value) in recipe.Env)
        {
            if (SourceOf(value) is { } source)
            {
                secrets.Add(new(name, source));
            }
            else
            {
                environment.Add(new(name, value is EnvValue.Text(var text) ? filling.Variable(name, text) : null));
            }
        }

        environment.Add(new("RUNNER_DEPLOYMENT", run.Deployment));
        environment.Add(new("RUNNER_SCHEDULED_TIME", TemplateValues.Time(run.Due)));
        environment.AddRange(apiVariables(attempt.RunId));
        var folder = filling.Folder(recipe.Workdir);
        problem = filling.Problem;
        return new ProcessSpec(
            attempt,
            command,
            folder,
            environment.DrainToImmutable(),
            JsonSerializer.Serialize(parameters, MessagesJson.Default.ImmutableSortedDictionaryStringJsonElement))
        {
            Deployment = run.Deployment,
            Recipe = recipe,
            Secrets = secrets.DrainToImmutable(),
        };
    }

    /// <summary>Where a value is read at start; null of one that is said or removed.</summary>
    private static SecretSource? SourceOf(EnvValue? value) => value switch
    {
        EnvValue.FromEnv(var variable) => new SecretSource.Variable(variable),
        EnvValue.FromFile(var path) => new SecretSource.File(path),
        EnvValue.FromCommand(var argv) => new SecretSource.Command(argv),
        _ => null,
    };

    /// <summary>Fills in templates up to what the system takes: after the first text that is too long nothing more is put together.</summary>
    private sealed class Filling(TemplateValues values)
    {
        /// <summary>What Linux takes for one argument, or variable with its name: 128 KiB with the zero at its end.</summary>
        private const int LongestText = (128 * 1024) - 1;

        /// <summary>And for all of them, with the usual limit of a stack.</summary>
        private const int LongestAll = 2 * 1024 * 1024;

        private int _left = LongestAll;

        public StartProblem? Problem { get; private set; }

        public ImmutableArray<string> Command(RunRecipe recipe)
        {
            if (recipe.Shell is { } shell)
            {
                return Shell(shell);
            }

            var command = recipe.Command.IsDefault ? [] : recipe.Command;
            var filled = ImmutableArray.CreateBuilder<string>(command.Length);
            for (var i = 0; i < command.Length && Problem is null; i++)
            {
                filled.Add(Text(string.Create(CultureInfo.InvariantCulture, $"command[{i}]"), command[i], LongestText));
            }

            return filled.DrainToImmutable();
        }

        /// <summary>Each value is an argument of its own, whatever it holds.</summary>
        private ImmutableArray<string> Shell(string text)
        {
            var shell = ShellText.Of(text);
            var command = ImmutableArray.CreateBuilder<string>(shell.Names.Length + 5);
            command.Add(ShellText.Shell);
            command.AddRange(ShellText.Options);
            command.Add(Bounded("shell", shell.Script));
            command.Add(ShellText.Name);
            foreach (var name in shell.Names)
            {
                command.Add(Bounded($"{{{{ {name} }}}}", values.Of(name) ?? $"{{{{ {name} }}}}"));
            }

            return command.DrainToImmutable();
        }

        public string Variable(string name, string value) => Text($"env.{name}", value, LongestText - Encoding.UTF8.GetByteCount(name) - 1);

        public string Folder(string workdir)
        {
            foreach (var (start, end, name) in Templates.Places(workdir))
            {
                if (name is not null && values.Of(name) is { } value
                    && (value.Split('/').Contains("..") || value.Contains('\0', StringComparison.Ordinal)))
                {
                    Problem ??= new(
                        StartFailureKind.WorkingDirectoryNotFound,
                        $"'{workdir[start..end]}' in 'workdir' stands for a path that leads out of the folder, by '..', or that no system has.");
                    return workdir;
                }
            }

            return Text("workdir", workdir, LongestText);
        }

        private string Text(string field, string text, int atMost)
        {
            if (Problem is not null)
            {
                return "";
            }

            if (Templates.Fill(text, values, Math.Max(0, Math.Min(atMost, _left)), out var longest) is not { } filled)
            {
                var why = longest is null ? "" : $" when '{(longest.Length <= 100 ? longest : longest[..100] + "…")}' is filled in";
                Problem = TooLong(field, why, atMost);
                return "";
            }

            return Counted(filled);
        }

        private string Bounded(string field, string text)
        {
            if (Problem is not null || Templates.IsWithin(text, Math.Max(0, Math.Min(LongestText, _left))))
            {
                return Counted(text);
            }

            Problem = TooLong(field, "", LongestText);
            return "";
        }

        private StartProblem TooLong(string field, string why, int atMost) => new(StartFailureKind.ArgumentsTooLong, (_left < atMost
            ? $"Up to '{field}'{why}, command and environment are longer than the 2 MiB that the system takes for all."
            : $"'{field}' is longer{why} than the 128 KiB that the system takes for one argument or variable.")
            + " Let the program read large parameters itself: RUNNER_PARAMETERS, or the file that RUNNER_PARAMETERS_FILE names, has all of them.");

        private string Counted(string filled)
        {
            _left -= Encoding.UTF8.GetByteCount(filled) + 1;
            return filled;
        }
    }
}

/// <summary>Why an attempt cannot be started, known before the flow runner is asked.</summary>
internal sealed record StartProblem(StartFailureKind Kind, string Message);
