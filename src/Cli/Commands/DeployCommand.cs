using System.Collections.Immutable;
using System.CommandLine;
using Runner.Cli.Arguments;
using Runner.Cli.Exchange;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Client.DeploymentFiles;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner deploy</c>.</summary>
internal static class DeployCommand
{
    public static Command Create(ClientCommand client)
    {
        var files = Values.Files("file", "Deployment files.");
        var dryRun = Values.Flag("--dry-run", "Only say what would change.");
        var command = new Command(
            "deploy", "Register deployments, or update those that are there, all or none; set the files' limits.") { files, dryRun };
        return client.With(command, "runner deploy samples/hello/runner.yaml", async call =>
        {
            var file = await call.ReadAsync(() => DeploymentFile.Load(call.Get(files))).ConfigureAwait(false);
            var registered = await RegisterAsync(call, file, call.Get(dryRun)).ConfigureAwait(false);
            var limits = await LimitPlans.OfAsync(call.Client, file.Limits, call.Cancel).ConfigureAwait(false);
            if (!call.Get(dryRun))
            {
                await LimitPlans.ApplyAsync(call.Client, limits, call.Cancel).ConfigureAwait(false);
            }

            if (call.Json)
            {
                call.Context.WriteJson(registered, MessagesJson.Default.ImmutableArrayDeploymentRegistered);
                return ExitCodes.Success;
            }

            call.Context.Write(Registrations.Render(call.Context, registered) + LimitPlans.Render(call.Context, limits));
            if (call.Get(dryRun))
            {
                call.Context.WriteErrorLine("Nothing was changed (--dry-run).");
            }

            return ExitCodes.Success;
        });
    }

    private static async Task<ImmutableArray<DeploymentRegistered>> RegisterAsync(ClientCall call, DeploymentFile file, bool dryRun)
    {
        if (file.Specs.IsEmpty)
        {
            // A file with limits alone.
            return [];
        }

        try
        {
            return await call.Client.RegisterAsync(file.Specs, dryRun, call.Cancel).ConfigureAwait(false);
        }
        catch (RunnerApiException e) when (!e.Problems.IsEmpty)
        {
            throw new DeploymentFileException(file.Explain(e.Problems));
        }
    }
}

/// <summary>What registering did, for people; <c>serve</c> says it the same way.</summary>
public static class Registrations
{
    public static string Render(CliContext context, ImmutableArray<DeploymentRegistered> registered)
    {
        var table = new Table("", "", "", "");
        foreach (var r in registered)
        {
            table.Add(
                new Cell(r.Outcome.ToString().ToLowerInvariant(), Paint(context.Style, r.Outcome)),
                r.Name,
                r.Paused ? "paused" : r.NextRun is { } next ? $"next run {context.Times.Both(next)}" : "runs when asked",
                r.Changes.IsDefaultOrEmpty ? "" : $"changed: {string.Join(", ", r.Changes)}");
        }

        return table.Render(context.Style) + (registered.Any(r => !r.Changes.IsDefaultOrEmpty && r.Changes.Contains("concurrency"))
            ? "A changed concurrency holds for runs that wait, too; those that were made under one that is gone keep to it until they have ended.\n"
            : "");
    }

    private static Func<string, string> Paint(Style style, RegistrationOutcome outcome) => outcome switch
    {
        RegistrationOutcome.Created => style.Green,
        RegistrationOutcome.Changed => style.Yellow,
        RegistrationOutcome.Unchanged => style.Dim,
    };
}
