using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Tests.Http;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Commands;

/// <summary>A node from its command to its end, with a scripted node inside.</summary>
public sealed class NodeRunnerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Guid Run = new("0192d4e0-0000-7000-8000-000000000001");

    private readonly string _folder = Directory.CreateTempSubdirectory("runner-serve-").FullName;
    private readonly ScriptedNode _node = new();
    private readonly TestSignals _signals = new();
    private readonly SharedText _output = new();
    private readonly StringWriter _error = new();
    private readonly TaskCompletionSource<NodeStart> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose()
    {
        _signals.Dispose();
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Serving_says_what_when_and_where()
    {
        var exit = ServeAsync();
        await _output.WhenAsync("Stop:");

        var text = _output.ToString();
        Assert.Contains("flow/it", text, StringComparison.Ordinal);
        Assert.Contains("every 10 s", text, StringComparison.Ordinal);
        Assert.Contains("runner submit flow/it", text, StringComparison.Ordinal);
        var start = await _started.Task;
        Assert.Contains($"{start.ApiUrl}/api/v1", text, StringComparison.Ordinal);
        Assert.Equal(start.ApiUrl, NodeFile.TryRead(Data)!.Url);

        Assert.Equal(0, await StopAsync(exit));
        Assert.True(_closed);
        Assert.Null(NodeFile.TryRead(Data));
    }

    [Fact]
    public async Task States_and_output_are_shown_as_they_come_and_output_before_the_end()
    {
        var exit = ServeAsync();
        await _output.WhenAsync("Stop:");
        var file = new Host.Logs.OutputFiles(Data).PathOf(Run, 1, LogStream.Stderr);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        _node.Step(Run, StateType.Running, "Running", 1);
        await _output.WhenAsync("Running");
        File.WriteAllText(file, "a warning\nrest");
        await _output.WhenAsync("flow/it 00000001 ! a warning\n");
        _node.Step(Run, StateType.Completed, "Completed", 1);
        await _output.WhenAsync("Completed");

        var text = _output.ToString();
        Assert.InRange(text.IndexOf("! rest\n", StringComparison.Ordinal), 0, text.IndexOf("Completed", StringComparison.Ordinal));
        Assert.DoesNotContain("\e[", text, StringComparison.Ordinal);
        await StopAsync(exit);
    }

    [Fact]
    public async Task Stopping_pauses_what_is_served_says_what_it_waits_for_and_keeps_the_api_up()
    {
        var exit = ServeAsync();
        await _output.WhenAsync("Stop:");
        var url = (await _started.Task).ApiUrl;
        _node.Step(Run, StateType.Running, "Running", 1);

        _signals.Send();
        await _output.WhenAsync("Stopping 1 program, up to 5s; Ctrl-C again to kill it now.");

        Assert.Equal([new PauseDeployment("flow/it", PauseReason.Shutdown)], _node.Commands.OfType<PauseDeployment>());
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(new Uri(url + "/health/ready"))).StatusCode);
        Assert.False(exit.IsCompleted);
        _node.Stopped.SetResult();
        Assert.Equal(0, await exit.WaitAsync(Patience));
        Assert.DoesNotContain(Actors.StopMode.Immediate, _node.Commands.OfType<Actors.StopMode>());
    }

    [Fact]
    public async Task A_second_signal_is_immediate()
    {
        var exit = ServeAsync();
        await _output.WhenAsync("Stop:");
        _signals.Send();
        await _output.WhenAsync("Stopping");

        _signals.Send();

        Assert.Equal(0, await exit.WaitAsync(Patience));
        Assert.Equal([Actors.StopMode.Graceful, Actors.StopMode.Immediate], _node.Commands.OfType<Actors.StopMode>());
    }

    [Fact]
    public async Task Schedules_stay_active_if_so_set()
    {
        var exit = ServeAsync(new NodeFlags { [NodeSetting.PauseOnShutdown] = "true" });
        await _output.WhenAsync("Stop:");

        Assert.Equal(0, await StopAsync(exit));

        Assert.Empty(_node.Commands.OfType<PauseDeployment>());
    }

    [Fact]
    public async Task A_pause_that_somebody_asked_for_outlives_stopping_and_serving()
    {
        var exit = ServeAsync(view: View(PauseReason.User));
        await _output.WhenAsync("paused; `runner deployment resume flow/it`");
        await StopAsync(exit);

        Assert.Empty(_node.Commands.OfType<PauseDeployment>());
        Assert.Empty(_node.Commands.OfType<ResumeDeployment>());
    }

    [Fact]
    public async Task Serving_again_resumes_what_the_shutdown_paused()
    {
        var exit = ServeAsync(view: View(PauseReason.Shutdown));
        await _output.WhenAsync("Stop:");

        Assert.Equal([new ResumeDeployment("flow/it")], _node.Commands.OfType<ResumeDeployment>());
        await StopAsync(exit);
    }

    [Fact]
    public async Task A_wrong_file_is_refused_before_anything_is_touched()
    {
        var file = Path.Combine(_folder, "wrong.yaml");
        await File.WriteAllTextAsync(file, "deployments:\n  - name: flow/it\n    comand: [x]\n");

        Assert.Equal(1, await new NodeRunner(Surroundings()).RunAsync(Flags(new NodeFlags()), [file]));

        Assert.Contains("wrong.yaml:3", _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task What_the_node_refuses_is_said_with_its_place_in_the_file()
    {
        _node.RefuseWith = new Messages.DeploymentInvalid("flow/it", [new Messages.Problem("deployments[0].schedules[0].interval", "too short.")]);
        _node.Stopped.SetResult();

        Assert.Equal(1, await ServeAsync());

        Assert.Contains("runner.yaml:5", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("too short.", _error.ToString(), StringComparison.Ordinal);
        Assert.True(_closed);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        Assert.Equal(1, await ServeAsync(new NodeFlags { [NodeSetting.Listen] = $"127.0.0.1:{port}" }));

        Assert.Contains(
            $"Port {port} on 127.0.0.1 is in use by another program. Name another address with --listen", _error.ToString(),
            StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _error.ToString(), StringComparison.Ordinal);
        Assert.False(_started.Task.IsCompleted);
    }

    [Fact]
    public async Task Absurd_settings_are_usage_errors()
    {
        Assert.Equal(2, await ServeAsync(new NodeFlags { [NodeSetting.Limit] = "0", [NodeSetting.Listen] = "nowhere" }));

        Assert.Contains("--limit:", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("--listen:", _error.ToString(), StringComparison.Ordinal);
    }

    private static DeploymentView View(PauseReason? paused = null) => new(
        new DeploymentSpec { Name = "flow/it", Command = ["true"], Workdir = "/", StopGrace = TimeSpan.FromSeconds(5) },
        paused is not null, paused, ScriptedNode.Then, ScriptedNode.Then, null,
        [new ScheduleView("s", "every 10 s", true, [ScriptedNode.Then.AddYears(50)], null)]);

    private Task<int> ServeAsync(NodeFlags? flags = null, DeploymentView? view = null)
    {
        _node.Deployments = _node.Deployments.SetItem("flow/it", view ?? View());
        return new NodeRunner(Surroundings()).RunAsync(Flags(flags ?? new NodeFlags()), [WriteFile()]);
    }

    private async Task<int> StopAsync(Task<int> exit)
    {
        _node.Stopped.TrySetResult();
        _signals.Send();
        return await exit.WaitAsync(Patience);
    }

    private NodeFlags Flags(NodeFlags flags)
    {
        flags[NodeSetting.Data] = Data;
        flags[NodeSetting.Listen] ??= "127.0.0.1:0";
        return flags;
    }

    private string WriteFile()
    {
        var file = Path.Combine(_folder, "runner.yaml");
        File.WriteAllText(file, "deployments:\n  - name: flow/it\n    command: [\"true\"]\n    schedules:\n      - {interval: 10s}\n");
        return file;
    }

    private HostEnvironment Surroundings() => new(
        StartAsync, SystemTime.Provider, _output, _error, new Style(false), new Style(false), _ => null, () => _signals);

    private Task<StartedNode> StartAsync(NodeStart start, CancellationToken cancel)
    {
        _started.TrySetResult(start);
        return Task.FromResult(new StartedNode(_node, () =>
        {
            _closed = true;
            return ValueTask.CompletedTask;
        }));
    }

    private sealed class TestSignals : IStopSignals, IDisposable
    {
        private readonly CancellationTokenSource _first = new();
        private readonly TaskCompletionSource _second = new();

        public CancellationToken First => _first.Token;

        public Task Second => _second.Task;

        public void Send()
        {
            if (_first.IsCancellationRequested)
            {
                _second.TrySetResult();
            }

            _first.Cancel();
        }

        public void Dispose() => _first.Dispose();
    }

    /// <summary>Text that can be waited for.</summary>
    private sealed class SharedText : StringWriter
    {
        private readonly Lock _lock = new();
        private ImmutableList<(string Text, TaskCompletionSource Seen)> _awaited = [];

        public Task WhenAsync(string text)
        {
            lock (_lock)
            {
                var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited = _awaited.Add((text, seen));
                Look();
                return seen.Task.WaitAsync(Patience);
            }
        }

        public override void Flush()
        {
            lock (_lock)
            {
                Look();
            }
        }

        public override string ToString()
        {
            lock (_lock)
            {
                return base.ToString();
            }
        }

        public override void Write(char value)
        {
            lock (_lock)
            {
                base.Write(value);
            }
        }

        public override void Write(string? value)
        {
            lock (_lock)
            {
                base.Write(value);
            }
        }

        private void Look()
        {
            var text = base.ToString();
            foreach (var (_, seen) in _awaited.Where(a => text.Contains(a.Text, StringComparison.Ordinal)))
            {
                seen.TrySetResult();
            }
        }
    }
}
