using System.Collections.Immutable;
using Runner.Cli.Terminal;
using Runner.Client.DeploymentFiles;
using Runner.Host.Configuration;
using Runner.Host.Logging;
using Runner.Host.Screen;
using Runner.Messages.Deployments;

namespace Runner.Host.Commands;

/// <summary>What the commands are given by the composition root.</summary>
/// <param name="Variable">Reads an environment variable; null if it is not set.</param>
/// <param name="Signals">Called once the command has something to stop.</param>
internal sealed record HostEnvironment(
    NodeStarter Starter, TimeProvider Time, TextWriter Output, TextWriter Error, Style OutputStyle, Style ErrorStyle,
    Func<string, string?> Variable, Func<IStopSignals> Signals);

/// <summary>`serve` and `node`: settings, files, node, console, and the end.</summary>
internal sealed class NodeRunner(HostEnvironment environment)
{
    private const int Ended = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    /// <param name="files">What to serve; empty for a node without files.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(NodeFlags flags, IReadOnlyList<string> files)
    {
        var (options, mistakes) = new NodeOptionsReader(environment.Variable).Read(flags);
        if (options is null)
        {
            return Fail(Misused, string.Join(Environment.NewLine, mistakes));
        }

        var signals = environment.Signals();
        using var registration = signals as IDisposable;
        try
        {
            using var log = NodeLog.Create(options, environment.ErrorStyle.Coloured);
            // Read before anything is touched: a wrong file leaves no trace. One that never comes (a FIFO) is not waited for longer than wanted.
            var served = files.Count == 0 ? null : new ServedFiles(await Task.Run(() => DeploymentFile.Load(files)).WaitAsync(signals.First));
            await using var session = await NodeSession.StartAsync(options, environment.Starter, environment.Time, log, signals.First);
            await RunAsync(session, options, served, signals, log);
            return session.Started.Lost.IsCompleted ? Fail(Failed, await session.Started.Lost)
                : session.Started.Unwritten() is { } unwritten ? Fail(Failed, unwritten)
                : Ended;
        }
        catch (Exception e) when (e is NodeStartException or DeploymentFileException)
        {
            return Fail(Failed, e.Message);
        }
        catch (OperationCanceledException) when (signals.First.IsCancellationRequested)
        {
            return Fail(Failed, "Stopped before the node had started.");
        }
    }

    private async Task RunAsync(NodeSession session, NodeOptions options, ServedFiles? served, IStopSignals signals, ILogger log)
    {
        var node = session.Started.Node;
        using var manager = new ServiceManager(environment.Variable, log);
        var writer = new FeedWriter(environment.Output, environment.OutputStyle, environment.Time.LocalTimeZone);
        var shutdown = new Shutdown(
            session.Slot, options.Cluster.IsCluster ? options.NodeName : null, signals, session.Started.Lost, text => Show(() => Say(writer, text)),
            environment.Time, log);
        await using var feed = new RunFeed(node, session.Files, writer, environment.Time);
        ImmutableArray<DeploymentView> views = [];
        try
        {
            views = served is null ? [] : await served.RegisterAsync(node, signals.First);
        }
        catch
        {
            // Whatever runs already must not outlive the node that watches it.
            await shutdown.RunAsync(node, []);
            throw;
        }

        var screen = new ServeScreen(environment.Output, environment.OutputStyle, new Times(environment.Time));
        Show(() => screen.Greet(views, session.Url, options.DataDirectory));
        feed.Begin();
        manager.Ready(node, session.Url, environment.Time);
        await Task.WhenAny(WhenAsync(signals.First), session.Started.Lost, session.Started.Drained);
        manager.Stopping();
        await shutdown.RunAsync(node, options.PauseOnShutdown && served is not null ? served.Names : []);
    }

    private static void Say(FeedWriter writer, string text)
    {
        writer.Note(text);
        writer.Flush();
    }

    private static void Show(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // Nobody reads the console any more (a closed pipe); the node has work to do all the same.
        }
    }

    private static async Task WhenAsync(CancellationToken signal)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = signal.Register(signalled.SetResult);
        await signalled.Task;
    }

    private int Fail(int code, string message)
    {
        environment.Error.Write($"{environment.ErrorStyle.Red("error:")} {message}\n");
        environment.Error.Flush();
        return code;
    }
}
