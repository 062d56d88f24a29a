using System.Collections.Immutable;
using Runner.Actors;
using Runner.Host.Http;
using Runner.Host.Screen;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Host.Commands;

/// <summary>
/// How a node is stopped: no new work, the served deployments pause, the programs get their grace time together, and a second signal
/// ends them at once. A node whose store another one has taken over ends its programs at once, since the other one may run them again.
/// </summary>
/// <param name="member">The node's name in its cluster, where what others run is no matter of this one; null for a node on its own.</param>
/// <param name="lost">Completes when another node has taken the store over.</param>
/// <param name="say">Tells the person at the console.</param>
internal sealed class Shutdown(
    NodeSlot slot, string? member, IStopSignals signals, Task lost, Action<string> say, TimeProvider time, ILogger log)
{
    private const int MaxCounted = 1_000;

    /// <summary>So long the node is asked things before it stops; a store that does not answer does not keep it from that.</summary>
    private static readonly TimeSpan AsksFor = TimeSpan.FromSeconds(30);

    /// <param name="toPause">The deployments whose schedules wait until they are served again.</param>
    public async Task RunAsync(IRunnerNode node, ImmutableArray<string> toPause)
    {
        slot.BeginStop();
        if (lost.IsCompleted)
        {
            await node.StopAsync(StopMode.TakenOver);
            return;
        }

        try
        {
            await PauseAsync(node, toPause).WaitAsync(AsksFor, time);
            say(await (member is null ? ExpectationAsync(node) : MemberAsync(node, member)).WaitAsync(AsksFor, time));
        }
        catch (TimeoutException)
        {
            say("Stopping; the store does not answer.");
        }

        var gone = node.StopAsync(StopMode.Graceful);
        if (await Task.WhenAny(gone, signals.Second, lost) != gone)
        {
            say("Killing them now.");
            await node.StopAsync(lost.IsCompleted ? StopMode.TakenOver : StopMode.Immediate);
        }

        await gone;
    }

    private async Task PauseAsync(IRunnerNode node, ImmutableArray<string> names)
    {
        var paused = 0;
        foreach (var name in names)
        {
            // A pause that somebody asked for is left as it is: serving again must not end it.
            var view = await node.AskAsync(new GetDeployment(name), CancellationToken.None);
            if (view.Value is { Paused: false, Schedules.IsDefaultOrEmpty: false })
            {
                var reply = await node.AskAsync(new PauseDeployment(name, PauseReason.Shutdown), CancellationToken.None);
                paused += reply.Refusal is null ? 1 : 0;
                if (reply.Refusal is { } refusal)
                {
                    log.Warning("The schedules of {Deployment} could not be paused: {Reason}", name, refusal.Message);
                }
            }
        }

        if (paused > 0)
        {
            say($"Paused the schedules of {Words.Count(paused, "deployment")}; serving the same files again resumes them.");
        }
    }

    private static async Task<string> MemberAsync(IRunnerNode node, string member)
    {
        var nodes = await node.AskAsync(new ListNodes(), CancellationToken.None);
        var running = nodes.Value?.Items.FirstOrDefault(n => n.Name == member)?.Running ?? 0;
        return running == 0 ? "Stopping; no program is running."
            : $"Stopping {Words.Count(running, "program")} with the grace time of each; Ctrl-C again to kill {(running == 1 ? "it" : "them")} now.";
    }

    /// <summary>«Stopping 3 programs, up to 30 s; Ctrl-C again to kill them now.»</summary>
    private static async Task<string> ExpectationAsync(IRunnerNode node)
    {
        // One that goes from one of these states to the next meanwhile is in both lists.
        var running = new Dictionary<Guid, RunSummary>();
        foreach (var type in Enum.GetValues<StateType>().Where(t => t.HasProcess()))
        {
            var page = await node.AskAsync(new ListRuns(State: type.ToString(), Limit: MaxCounted), CancellationToken.None);
            foreach (var run in page.Value?.Items ?? [])
            {
                running[run.Id] = run;
            }
        }

        if (running.Count == 0)
        {
            return "Stopping; no program is running.";
        }

        var longest = TimeSpan.Zero;
        foreach (var name in running.Values.Select(r => r.Deployment).Distinct())
        {
            var view = await node.AskAsync(new GetDeployment(name), CancellationToken.None);
            var grace = view.Value?.Spec.StopGrace ?? DeploymentSpec.DefaultStopGrace;
            longest = grace > longest ? grace : longest;
        }

        return $"Stopping {Words.Count(running.Count, "program")}, up to {DurationText.Format(longest)}; "
            + $"Ctrl-C again to kill {(running.Count == 1 ? "it" : "them")} now.";
    }
}
