using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Nodes.Health;
using Runner.Actors.Retention;
using Runner.Host.Cluster;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Health;
using Runner.Host.Stores;
using Runner.Messages.Serialization;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host;

/// <summary>Puts a node together: store, flow runner, actors.</summary>
internal static class NodeComposition
{
    private static readonly TimeSpan ClosesWithin = TimeSpan.FromSeconds(30);

    /// <exception cref="NodeStartException">
    /// The store cannot be opened, Akka.NET does not take its settings, or the cluster does not take the node; nothing is left open.
    /// </exception>
    public static async Task<StartedNode> StartAsync(NodeStart start, CancellationToken cancel)
    {
        // Before the database is touched.
        ClusterTls? tls = null;
        if (start.Options.Cluster is { IsCluster: true } cluster)
        {
            await ClusterAddress.CheckAsync(cluster, cancel).ConfigureAwait(false);
            tls = cluster.Tls is { } files ? ClusterTls.Load(files, start.Time) : null;
        }

        var store = await NodeStores.OpenAsync(start).ConfigureAwait(false);
        try
        {
            return await StartAsync(start, store, tls, cancel).ConfigureAwait(false);
        }
        catch (NodeNameTakenException e)
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw new NodeStartException(e.Message, e);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<StartedNode> StartAsync(NodeStart start, INodeStore store, ClusterTls? tls, CancellationToken cancel)
    {
        var flowRunner = LocalFlowRunner.Create(new SubprocessOptions(start.Options.DataDirectory)
        {
            Environment = new ProgramEnvironment(start.Options.EnvInherit, [.. start.Options.SecretVariables]),
            Attributes = start.Options.Programs,
            UserFilesDirectory = start.Options.UserFilesDirectory, MayStart = HoldsLeases(store),
        }, start.Log);
        var times = new OutputTimes(new RunFiles(start.Options.DataDirectory), (ILiveAttempts)flowRunner, start.Time, start.Log);
        try
        {
            var drain = new Drain();
            var (node, check, lost, unwritten) = await StartAsync(start, store, flowRunner, drain, tls, cancel).ConfigureAwait(false);
            var sweep = new UserFilesSweep(node, flowRunner as IUserFiles, start.Log);
            return new StartedNode(
                node,
                async () =>
                {
                    times.Dispose();
                    await sweep.DisposeAsync().ConfigureAwait(false);
                    (flowRunner as IDisposable)?.Dispose();
                    await CloseAsync(store, start).ConfigureAwait(false);
                },
                store.CopyToAsync)
            {
                Checks = store.Keeper is { } keeper ? [check, new ClockCheck(keeper.Clock)] : [check],
                Lost = lost,
                Unwritten = unwritten,
                StoreSize = store.Size,
                Drained = drain.Done,
            };
        }
        catch
        {
            times.Dispose();
            (flowRunner as IDisposable)?.Dispose();
            throw;
        }
    }

    private static Func<bool> HoldsLeases(INodeStore store) => store.Keeper is { } keeper ? () => keeper.IsInTime : static () => true;

    /// <summary>The actors: for a node on its own in one system, for one of a cluster in one after the other.</summary>
    private static async Task<(IRunnerNode Node, IHealthCheck Check, Task<string> Lost, Func<string?> Unwritten)> StartAsync(
        NodeStart start, INodeStore store, IFlowRunner flowRunner, Drain drain, ClusterTls? tls, CancellationToken cancel)
    {
        var (settings, options) = (Settings(start) with { Drain = drain }, start.Options);
        if (store.Keeper is not { } keeper)
        {
            var system = await NodeSystem.StartAsync(store.Entities, flowRunner, settings, start.Time, start.Log, options.Akka, cancel)
                .ConfigureAwait(false);
            return (system.Node, system.Check, store.Lost, () => system.Node.Unwritten);
        }

        var knowledge = new ClusterKnowledge(keeper, [.. EventCatalog.Newer], start.Time, start.Log);
        settings = settings with
        {
            StoreIsShared = true, SeesStore = () => keeper.IsReachable, HoldsLeases = HoldsLeases(store), AllKnow = knowledge.AllKnow,
        };
        var lives = await NodeLives.StartAsync(
            new LifeParts(start, store.Entities, flowRunner, settings, keeper, knowledge, tls, NewId), cancel)
            .ConfigureAwait(false);
        return (lives.Node, lives, Task.WhenAny(store.Lost, lives.Refused).Unwrap(), () => lives.Unwritten);
    }

    /// <summary>A disk or a server that does not answer any more does not keep the node from ending: what was acknowledged is durable.</summary>
    private static async Task CloseAsync(INodeStore store, NodeStart start)
    {
        try
        {
            await store.DisposeAsync().AsTask().WaitAsync(ClosesWithin, start.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            start.Log.Warning("The store could not be closed within {Time} and is left as it is", ClosesWithin);
        }
    }

    private static NodeSettings Settings(NodeStart start)
    {
        var (options, folder) = (start.Options, start.Options.DataDirectory);
        return new NodeSettings(options.NodeName, options.ProcessLimit, run =>
        [
            new("RUNNER_API_URL", start.ApiUrl),
            new("RUNNER_TOKEN", start.ProgramToken(run)),
        ])
        {
            Labels = options.Labels,
            ApiUrl = ClusterAddress.ApiOf(options, start.ApiUrl),
            RequestsAtOnce = options.MaxPendingCommands,
            FreeSpace = options.MinFreeSpace > 0 ? new FreeSpaceRule(folder, options.MinFreeSpace, () => FreeSpaceOf(folder)) : null,
            Retention = new RetentionSettings(new RetentionRule(options.RetentionKeepFor, options.RetentionKeepRuns), options.RetentionKeepAtLeast)
            {
                Output = new FileRunOutput(new RunFiles(folder)),
            },
            Telemetry = start.Telemetry,
        };
    }

#pragma warning disable RS0030 // Which cluster it is has to be known to nobody before.
    private static Guid NewId() => Guid.NewGuid();
#pragma warning restore RS0030

    private static long? FreeSpaceOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (IOException)
        {
            // The volume is gone: that is the store's to say, and not a lack of room.
            return null;
        }
    }
}
