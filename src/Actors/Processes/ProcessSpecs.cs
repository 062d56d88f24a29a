using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Processes;

/// <summary>What an attempt of a run executes: templates filled in, the run's own variables added.</summary>
/// <param name="apiVariables">The variables that lead a program to its node's API, for a run: RUNNER_API_URL and RUNNER_TOKEN.</param>
internal sealed class ProcessSpecs(Func<Guid, IEnumerable<KeyValuePair<string, string?>>> apiVariables)
{
    public ProcessSpec For(AttemptKey attempt, RunScheduled run)
    {
        var recipe = run.Recipe;
        var parameters = run.Parameters;
        var environment = ImmutableArray.CreateBuilder<KeyValuePair<string, string?>>(recipe.Env.Count + 4);
        var secrets = ImmutableArray.CreateBuilder<SecretVariable>();
        foreach (var (name, value) in recipe.Env)
        {
            switch (value)
            {
                case null:
                    environment.Add(new(name, null));
                    break;
                case EnvValue.Text(var text):
                    environment.Add(new(name, Templates.Fill(text, parameters)));
                    break;
                case EnvValue.FromEnv(var variable):
                    secrets.Add(new(name, new SecretSource.Variable(variable)));
                    break;
                case EnvValue.FromFile(var path):
                    secrets.Add(new(name, new SecretSource.File(path)));
                    break;
                case EnvValue.FromCommand(var command):
                    secrets.Add(new(name, new SecretSource.Command(command)));
                    break;
                default:
                    break;
            }
        }

        environment.Add(new("RUNNER_DEPLOYMENT", run.Deployment));
        environment.Add(new("RUNNER_SCHEDULED_TIME", run.Due.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)));
        environment.AddRange(apiVariables(attempt.RunId));
        return new ProcessSpec(
            attempt,
            recipe.Command.IsDefaultOrEmpty ? [] : [.. recipe.Command.Select(argument => Templates.Fill(argument, parameters))],
            recipe.Workdir,
            environment.DrainToImmutable(),
            JsonSerializer.Serialize(parameters, MessagesJson.Default.ImmutableSortedDictionaryStringJsonElement),
            recipe.User)
        {
            Deployment = run.Deployment,
            EnvInherit = recipe.EnvInherit,
            Secrets = secrets.DrainToImmutable(),
        };
    }
}
