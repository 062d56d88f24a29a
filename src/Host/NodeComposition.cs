using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Host.Cluster;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Stores;

namespace Runner.Host;

/// <summary>Puts a node together: store, flow runner, actors.</summary>
internal static class NodeComposition
{
    private static readonly TimeSpan ClosesWithin = TimeSpan.FromSeconds(30);

    /// <exception cref="NodeStartException">The store cannot be opened, or Akka.NET does not take its settings; nothing is left open.</exception>
    public static async Task<StartedNode> StartAsync(NodeStart start, CancellationToken cancel)
    {
        var store = await NodeStores.OpenAsync(start).ConfigureAwait(false);
        try
        {
            return await StartAsync(start, store, cancel).ConfigureAwait(false);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<StartedNode> StartAsync(NodeStart start, INodeStore store, CancellationToken cancel)
    {
        var flowRunner = LocalFlowRunner.Create(new SubprocessOptions(start.Options.DataDirectory)
        {
            Environment = new ProgramEnvironment(start.Options.EnvInherit, [.. start.Options.SecretVariables]),
            Attributes = start.Options.Programs,
            UserFilesDirectory = start.Options.UserFilesDirectory,
        }, start.Log);
        var times = new OutputTimes(new RunFiles(start.Options.DataDirectory), (ILiveAttempts)flowRunner, start.Time, start.Log);
        try
        {
            var system = await NodeSystem.StartAsync(
                store.Entities, flowRunner, Settings(start), start.Time, start.Log, start.Options.Akka, cancel).ConfigureAwait(false);
            var sweep = new UserFilesSweep(system.Node, flowRunner as IUserFiles, start.Log);
            return new StartedNode(
                system.Node,
                async () =>
                {
                    times.Dispose();
                    await sweep.DisposeAsync().ConfigureAwait(false);
                    (flowRunner as IDisposable)?.Dispose();
                    await CloseAsync(store, start).ConfigureAwait(false);
                },
                store.CopyToAsync)
            {
                Checks = [system.Check],
                Lost = store.Lost,
                Unwritten = () => system.Node.Unwritten,
                StoreSize = store.Size,
            };
        }
        catch
        {
            times.Dispose();
            (flowRunner as IDisposable)?.Dispose();
            throw;
        }
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
            FreeSpace = options.MinFreeSpace > 0 ? new FreeSpaceRule(folder, options.MinFreeSpace, () => FreeSpaceOf(folder)) : null,
            Retention = new RetentionSettings(new RetentionRule(options.RetentionKeepFor, options.RetentionKeepRuns), options.RetentionKeepAtLeast)
            {
                Output = new FileRunOutput(new RunFiles(folder)),
            },
            Telemetry = start.Telemetry,
        };
    }

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
