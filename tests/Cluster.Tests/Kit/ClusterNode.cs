using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runner.Client;

namespace Runner.Cluster.Tests.Kit;

/// <summary>One node of a cluster as a process of its own: what a user starts, kills and asks.</summary>
internal sealed partial class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly StringBuilder _output = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];
    private readonly Process _process;
    private readonly string _data;
    private bool _stopped;

    private ClusterNode(Process process, string data, string name, NodePlace place, int apiPort, int port)
    {
        (_process, _data, Name, Place, ApiPort, Port) = (process, data, name, place, apiPort, port);
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public NodePlace Place { get; }

    public int ApiPort { get; }

    /// <summary>Where its API is.</summary>
    public string Api => $"{Place.Host}:{ApiPort}";

    /// <summary>Its process.</summary>
    public int Pid => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>Where the other nodes reach it.</summary>
    public int Port { get; }

    /// <summary>As members are called.</summary>
    public string Address => $"{Place.Host}:{Port}";

    /// <summary>What it has printed so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static ClusterNode Start(string root, string name, NodePlace place, int apiPort, int port, string[] settings)
    {
        var (file, data) = (Path.Combine(root, $"{name}.conf"), Path.Combine(root, name));
        File.WriteAllLines(file,
        [
            $"runner.name = {name}", $"runner.data = \"{data}\"", $"runner.listen = \"{place.Host}:{apiPort}\"",
            // Namespaces are this machine.
            .. place.Host == "127.0.0.1" ? Array.Empty<string>() : ["runner.api.allow-plain = true"], "runner.log-level = information",
            $"runner.cluster.host = \"{place.Host}\"", $"runner.cluster.port = {port}", .. settings,
        ]);
        string[] command = [.. place.Within, "env"];
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        foreach (var argument in (string[])[
            .. command[1..], "--default-signal=INT,TERM", "dotnet", "exec", .. place.Runtime,
            Path.Combine(AppContext.BaseDirectory, "runner.dll"), "node", "--config", file])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("RUNNER_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["NO_COLOR"] = "1";
        return new ClusterNode(Process.Start(start)!, data, name, place, apiPort, port);
    }

    /// <summary>Waits until it has printed a line with that in it.</summary>
    public async Task SaysAsync(string text)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            if (_output.ToString().Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            _awaited.Add((text, seen));
        }

        try
        {
            await seen.Task.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{Name} has not said «{text}» within {Patience}. It printed:\n{Output}", e);
        }
    }

    /// <summary>Waits until those are the members that it sees, and it reaches all of them.</summary>
    public Task SeesAsync(params ClusterNode[] members)
    {
        var expected = members.Select(m => m.Address).Order(StringComparer.Ordinal).ToArray();
        return UntilAsync(check => check.GetProperty("healthy").GetBoolean() && MembersIn(Message(check)).SequenceEqual(expected),
            $"the members {string.Join(", ", expected)}");
    }

    /// <summary>Waits until the message of its health check of the cluster has those words.</summary>
    public Task ClusterSaysAsync(string words) => UntilAsync(check => Message(check).Contains(words, StringComparison.Ordinal), words);

    /// <summary>Waits until all its health checks find it well.</summary>
    public async Task IsReadyAsync()
    {
        using var timer = new PeriodicTimer(LookEvery);
        var last = "";
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; await timer.WaitForNextTickAsync())
        {
            using var answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{ApiPort}/health/ready"));
            last = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode)
            {
                return;
            }
        }

        throw new TimeoutException($"{Name} is not ready: {last}. It printed:\n{Output}");
    }

    /// <summary>What it measures, in Prometheus' form.</summary>
    public async Task<string> MetricsAsync()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"http://{Api}/metrics"));
        request.Headers.Authorization = new("Bearer", LocalNode.Find(null, _data, _ => null).Token);
        using var answer = await Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Waits until no application is a member of its cluster.</summary>
    public Task SeesNoApplicationAsync() =>
        UntilAsync(check => !Message(check).Contains("application", StringComparison.Ordinal), "no application");

    /// <summary>The message of its health check of the cluster.</summary>
    public async Task<string> ClusterAsync() => await CheckAsync() is { } check ? Message(check) : "";

    /// <summary>A client of the node, by the address and the token in its data folder; the node has to be ready.</summary>
    public RunnerClient Client(RunnerClientOptions? options = null) => new(LocalNode.Find(null, _data, _ => null), options);

    /// <summary>SIGKILL, and the end of it.</summary>
    public async Task KillAsync()
    {
        Signal("KILL");
        await _process.WaitForExitAsync();
    }

    public void Signal(string name)
    {
        _stopped = name switch { "STOP" => true, "CONT" => false, _ => _stopped };
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end; all it printed has been read then.</summary>
    public async Task<int> EndsAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{Name} has not ended within {Patience}. It printed:\n{Output}", e);
        }

        return _process.ExitCode;
    }

    /// <summary>SIGTERM, and the end that it takes.</summary>
    public Task<int> StopAsync()
    {
        Signal("TERM");
        return EndsAsync();
    }

    /// <summary>Kills it, if it has not ended.</summary>
    public async Task EndAsync()
    {
        if (!_process.HasExited)
        {
            if (_stopped)
            {
                Signal("CONT");
            }

            await KillAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _process.Dispose();
    }

    private static string Message(JsonElement check) => check.GetProperty("message").GetString()!;

    private static IEnumerable<string> MembersIn(string message) =>
        message.Contains('(', StringComparison.Ordinal) ? [] : Members().Matches(message).Select(m => m.Value).Order(StringComparer.Ordinal);

    // Nothing tells what a node knows but its answers.
    private async Task UntilAsync(Func<JsonElement, bool> isSo, string what)
    {
        using var timer = new PeriodicTimer(LookEvery);
        JsonElement? last = null;
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; await timer.WaitForNextTickAsync())
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"{Name} has ended, and was to say: {what}. It printed:\n{Output}");
            }

            if ((last = await CheckAsync() ?? last) is { } check && isSo(check))
            {
                return;
            }
        }

        throw new TimeoutException($"{Name} does not say: {what}. It says: {last}. It printed:\n{Output}");
    }

    private async Task<JsonElement?> CheckAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://{Api}/health/ready"));
            using var report = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            return report.RootElement.GetProperty("checks").EnumerateArray().Where(c => c.GetProperty("name").GetString() == "cluster")
                .Select(c => (JsonElement?)c.Clone()).FirstOrDefault();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Append(line).Append('\n');
            foreach (var (text, seen) in _awaited)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    seen.TrySetResult();
                }
            }
        }
    }

    [GeneratedRegex(@"\d+\.\d+\.\d+\.\d+:\d+")]
    private static partial Regex Members();
}

/// <summary>Where a node runs.</summary>
/// <param name="Host">The address under which all reach it.</param>
/// <param name="Within">What goes before its command; nothing if it is started as it is.</param>
internal sealed record NodePlace(string Host, params string[] Within)
{
    public static NodePlace Here { get; } = new("127.0.0.1");

    /// <summary>What the runtime is told beside.</summary>
    public string[] Runtime { get; init; } = [];
}
