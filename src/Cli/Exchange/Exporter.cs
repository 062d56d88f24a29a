using System.Collections.Immutable;
using Runner.Client;
using Runner.Client.DeploymentFiles;
using Runner.Messages.Deployments;
using Runner.Messages.Http;
using Runner.Messages.Runs;

namespace Runner.Cli.Exchange;

/// <summary>Writes what a node has declared as a deployment file.</summary>
internal static class Exporter
{
    private const int AtOnce = 8;

    /// <returns>How many deployments and limits there were.</returns>
    public static async Task<(int Deployments, int Limits)> WriteAsync(RunnerClient client, TextWriter to, CancellationToken cancel)
    {
        var writer = new DeploymentFileWriter(to);
        var limits = (await LimitPlans.NamedAsync(client, cancel).ConfigureAwait(false))
            .Where(l => l.Size is not null)
            .ToImmutableSortedDictionary(l => l.Name, l => l.Size!.Value, StringComparer.Ordinal);
        writer.Write(limits);
        var count = 0;
        string? after = null;
        do
        {
            var page = await client.DeploymentsAsync(new ListDeployments(null, Pages.Most, after), cancel).ConfigureAwait(false);
            foreach (var names in page.Items.Select(d => d.Name).Chunk(AtOnce))
            {
                foreach (var spec in await Task.WhenAll(names.Select(n => SpecAsync(client, n, cancel))).ConfigureAwait(false))
                {
                    if (spec is not null)
                    {
                        writer.Write(spec);
                        count++;
                    }
                }
            }

            after = page.Next;
        }
        while (after is not null);

        writer.End(limits);
        return (count, limits.Count);
    }

    /// <summary>
    /// As it is now: somebody's pause is exported, of all of it or of one schedule; that of a node being stopped is not. Null if it has been deleted
    /// meanwhile.
    /// </summary>
    private static async Task<DeploymentSpec?> SpecAsync(RunnerClient client, string name, CancellationToken cancel)
    {
        try
        {
            var view = await client.DeploymentAsync(name, cancel).ConfigureAwait(false);
            return view.Spec with
            {
                Paused = view is { Paused: true, PausedBy: not PauseReason.Shutdown },
                Schedules = [.. view.Spec.Schedules.Select(s => AsSwitched(s, view))],
            };
        }
        catch (RunnerApiException e) when (e.Code == "deployment-not-found")
        {
            return null;
        }
    }

    private static ScheduleSpec AsSwitched(ScheduleSpec schedule, DeploymentView view) =>
        !view.Schedules.IsDefault && view.Schedules.FirstOrDefault(s => s.Id == schedule.Id) is { } now && now.Active != (schedule.Active ?? true)
            ? schedule with { Active = now.Active }
            : schedule;
}
