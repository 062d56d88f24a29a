using System.Collections.Immutable;
using Runner.Host.Backup;
using Runner.Host.Configuration;
using Runner.Host.Health;
using Runner.Host.Http;
using Runner.Host.Http.Access;
using Runner.Host.Http.Tls;
using Runner.Host.Logs;
using Runner.Messages.Nodes;

namespace Runner.Host.Commands;

/// <summary>
/// A node from its data folder up. Starting: data folder and its lock, token, API (which says «starting»), node, and its address in
/// <c>node.json</c>. Ending is the same backwards, so the API answers until everything behind it is gone.
/// </summary>
internal sealed class NodeSession : IAsyncDisposable
{
    private readonly Stack<Func<ValueTask>> _endings = new();

    private NodeSession()
    {
    }

    public StartedNode Started { get; private set; } = null!;

    public NodeSlot Slot { get; } = new();

    public OutputFiles Files { get; private set; } = null!;

    public string Url { get; private set; } = "";

    /// <exception cref="NodeStartException">Something is in the way; nothing is left behind.</exception>
    /// <exception cref="OperationCanceledException">It was called off meanwhile.</exception>
    public static async Task<NodeSession> StartAsync(
        NodeOptions options, NodeStarter starter, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var session = new NodeSession();
        try
        {
            await session.BringUpAsync(options, starter, time, log, cancel);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_endings.TryPop(out var end))
        {
            await end();
        }
    }

    private async Task BringUpAsync(NodeOptions options, NodeStarter starter, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        // Before anything is touched.
        var (tls, trust) = (ApiTls.Of(options, time), ApiTls.TrustOf(options));
        var data = DataDirectory.Open(options.DataDirectory);
        _endings.Push(() => Ended(data.Dispose));
        if (data.WasOpen is { } open)
        {
            log.Warning("{What:l}", open);
        }

        Settle(data.FullPath, time);
        var tokens = Tokens(options, data);
        Files = new OutputFiles(data.FullPath);

        var (load, programs) = Descriptors.Share(Descriptors.OfThisProcess(), options, (level, what) => log.Write(level, "{What:l}", what));
        options = options with { ProcessLimit = programs };
        var telemetry = Telemetry.Telemetry.Create(options, log);
        _endings.Push(() => Ended(telemetry.Dispose));
        var api = await ApiServer.StartAsync(
            new ApiServerParts(options.Listen, HostsOf(options), tokens, Slot, Files, time, log)
            {
                Tls = tls,
                TrustInOthers = trust,
                Load = load,
                Telemetry = telemetry,
                Checks = [new LeaseCheck(data)],
            },
            cancel);
        _endings.Push(api.DisposeAsync);
        Url = api.Bound.Url();

        Started = await starter(new NodeStart(options, Url, tokens.ForRun, time, log) { Telemetry = telemetry.Node }, cancel);
        _endings.Push(Started.Close);
        telemetry.Host.StoreSize = Started.StoreSize;
        _endings.Push(() => Ended(() => telemetry.Host.StoreSize = null));
        Slot.Fill(
            Started.Node,
            new NodeInfo(options.NodeName, ProgramVersion.Text, data.FullPath, time.GetUtcNow(), options.ProcessLimit)
            {
                Labels = options.Labels.IsEmpty ? null : options.Labels,
            },
            Started.Copy, Started.Checks);
        _endings.Push(() => Ended(Slot.Dispose));
        data.Announce(Url, options.NodeName);
    }

    /// <summary>The other nodes of a cluster call it by the name that they know it by.</summary>
    private static ImmutableArray<string> HostsOf(NodeOptions options) =>
        options.Cluster.IsCluster ? options.AllowedHosts.Add(options.Cluster.Name.ToLowerInvariant()) : options.AllowedHosts;

    /// <summary>A node's own, or those of its cluster, whose token is in the same file.</summary>
    private static ApiTokens Tokens(NodeOptions options, DataDirectory data)
    {
        if (options.ClusterSecretFile is not { } file)
        {
            return new ApiTokens(TokenFile.ReadOrCreate(data.TokenPath));
        }

        var keys = ClusterSecret.Keys(file);
        TokenFile.Keep(data.TokenPath, keys[0].ApiToken);
        return new ApiTokens(keys);
    }

    /// <summary>Finishes or clears away what an earlier program left undone.</summary>
    private static void Settle(string folder, TimeProvider time)
    {
        try
        {
            RestoredFolder.Settle(folder, time);
            BackupFolder.Clean(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                $"What an interrupted backup or restore left in {folder} cannot be cleared away ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private static ValueTask Ended(Action action)
    {
        action();
        return ValueTask.CompletedTask;
    }
}
