using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using Runner.Actors;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Logging;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Serilog.Core;

namespace Runner.Host.Tests.Telemetry;

/// <summary>A whole node in this process: real store, real programs, its log in a file. Disposing of it stops it.</summary>
internal sealed class TelemetryNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("runner-telemetry-");
    private readonly HttpClient _http = new();
    private NodeSession _session = null!;
    private Logger _log = null!;
    private bool _stopped;

    public IRunnerNode Node => _session.Started.Node;

    public string Root => _root.FullName;

    public string Token => File.ReadAllText(Path.Combine(_root.FullName, "data", "token")).Trim();

    /// <param name="settings">What stands in <c>runner { … }</c>.</param>
    public static async Task<TelemetryNode> StartAsync(string settings = "")
    {
        var node = new TelemetryNode();
        var file = Path.Combine(node.Root, "node.conf");
        await File.WriteAllTextAsync(file, $"runner {{\nlog-file = node.log\nlog-format = json\n{settings}\n}}");
        var reader = new NodeOptionsReader(_ => null);
        var (options, mistakes) = reader.Read(new NodeFlags
        {
            [NodeSetting.Data] = Path.Combine(node.Root, "data"), [NodeSetting.Listen] = "127.0.0.1:0", [NodeSetting.LogLevel] = "debug",
            [NodeSetting.Name] = "node-1", Config = file
        });
        Assert.Empty(mistakes);
        node._log = NodeLog.Create(options!, colour: false);
        node._session = await NodeSession.StartAsync(options!, NodeComposition.StartAsync, SystemTime.Provider, node._log, CancellationToken.None);
        return node;
    }

    /// <summary>A deployment of a shell script.</summary>
    public DeploymentSpec Shell(string name, string script) =>
        new() { Name = name, Command = ["/bin/sh", "-c", script], Workdir = Root, StopGrace = TimeSpan.FromSeconds(10) };

    public async Task RegisterAsync(DeploymentSpec spec) =>
        Assert.Null((await Node.AskAsync(new RegisterDeployments([spec]), CancellationToken.None)).Refusal);

    public async Task<Guid> SubmitAsync(string deployment, params (string Name, string Value)[] parameters)
    {
        var given = parameters.ToImmutableSortedDictionary(p => p.Name, p => JsonDocument.Parse($"\"{p.Value}\"").RootElement);
        return (await Node.AskAsync(new SubmitRun(deployment, given), CancellationToken.None)).Value!.Id;
    }

    /// <summary>Registers, submits, and waits for the end.</summary>
    public async Task<RunView> RunAsync(DeploymentSpec spec)
    {
        await RegisterAsync(spec);
        return await EndsAsync(await SubmitAsync(spec.Name));
    }

    public Task<RunView> EndsAsync(Guid run) => ReachesAsync(run, view => view.State.IsTerminal);

    /// <summary>Waits until a run is as wanted.</summary>
    public async Task<RunView> ReachesAsync(Guid run, Func<RunView, bool> wanted)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var subscription = Node.Subscribe(_ => changed.TrySetResult());
            var view = (await Node.AskAsync(new GetRun(run), CancellationToken.None)).Value!;
            if (wanted(view))
            {
                return view;
            }

            await changed.Task.WaitAsync(patience.Token);
        }
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _session.Url + path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>What <c>/metrics</c> says, read strictly.</summary>
    public async Task<Exposition> MetricsAsync()
    {
        using var answer = await GetAsync("/metrics", Token);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        return Exposition.Parse(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Stops the node; its log is complete then.</summary>
    public async Task<JsonElement[]> StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await Node.StopAsync(StopMode.Immediate);
            await _session.DisposeAsync();
            await _log.DisposeAsync();
        }

        return [.. (await File.ReadAllLinesAsync(LogFile)).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    public string LogFile => Path.Combine(Root, "node.log");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _root.Delete(recursive: true);
    }
}
