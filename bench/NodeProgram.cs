using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Runner.Actors.FlowRunners.Linux;
using Runner.Client;

namespace Runner.Bench;

/// <summary>The node as it is shipped: the published program in a process of its own, spoken to over HTTP, looked at through /proc.</summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(2);
    private readonly Process _process;

    private NodeProgram(Process process, string data, Uri url, TimeSpan ready)
    {
        (_process, Data, Ready) = (process, data, ready);
        var address = LocalNode.Find(url.ToString(), data);
        Client = new RunnerClient(address);
        Http = new HttpClient { BaseAddress = url, DefaultRequestHeaders = { { "Authorization", $"Bearer {address.Token}" } } };
    }

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>From the start of the process to the first 200 of /health/ready.</summary>
    public TimeSpan Ready { get; }

    public RunnerClient Client { get; }

    /// <summary>For requests whose time is measured: nothing but the request and the bytes of its answer.</summary>
    public HttpClient Http { get; }

    public string StorePath => StoreIn(Data);

    public static string StoreIn(string data) => Path.Combine(data, "store.db");

    /// <summary>Builds the program if its sources have changed.</summary>
    public static async Task BuildAsync()
    {
        using var build = Process.Start(new ProcessStartInfo(Path.Combine(Report.Root(), "runner"), "--version") { RedirectStandardOutput = true })!;
        await build.WaitForExitAsync().ConfigureAwait(false);
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException("The program could not be built; ./runner says why.");
        }
    }

    /// <summary>Starts `runner node` on a data folder, with settings as variables, and waits until it is ready.</summary>
    public static async Task<NodeProgram> StartAsync(string data, params (string Variable, string Value)[] settings)
    {
        var built = Path.Combine(Report.Root(), ".build", "runner");
        var dotnet = (await File.ReadAllTextAsync(Path.Combine(built, ".dotnet")).ConfigureAwait(false)).Trim();
        var url = new Uri($"http://127.0.0.1:{FreePort()}/");
        // Its console goes nowhere: what a terminal makes of it is not measured.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = data };
        string[] command =
            ["-c", "exec \"$@\" >/dev/null 2>>node.err", "sh", dotnet, Path.Combine(built, "runner.dll"), "node", "--data", data, "--listen", url.Authority];
        Array.ForEach(command, start.ArgumentList.Add);
        Array.ForEach(settings, s => start.Environment[s.Variable] = s.Value);
        var watch = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        await ReadyAsync(url, process, watch).ConfigureAwait(false);
        return new NodeProgram(process, data, url, watch.Elapsed);
    }

    /// <summary>What /proc says of it now.</summary>
    public NodeUse Use()
    {
        var status = File.ReadAllLines($"/proc/{_process.Id}/status");
        long Of(string name) => long.Parse(
            status.First(l => l.StartsWith(name + ":", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);
        return new NodeUse(
            Of("VmRSS") / 1024.0, Of("VmHWM") / 1024.0, (int)Of("Threads"), Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length);
    }

    /// <summary>Processor time it has used, all its threads together.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    public async Task<JsonDocument> GetAsync(string path)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative)).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false));
    }

    /// <summary>Stops it in order and waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        if (!_process.HasExited)
        {
            _ = NativeMethods.Kill(_process.Id, Terminate);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
    }

    private static async Task ReadyAsync(Uri url, Process process, Stopwatch watch)
    {
        using var http = new HttpClient { BaseAddress = url };
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative)).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!process.HasExited && watch.Elapsed < StartWithin)
            {
                // It does not listen yet.
            }

            await Pause.For(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What a process takes of the system.</summary>
/// <param name="Resident">MB of 1,048,576 bytes.</param>
/// <param name="Peak">The most it has ever been, in MB.</param>
internal sealed record NodeUse(double Resident, double Peak, int Threads, int Descriptors);

/// <summary>Time that has to pass for a measurement.</summary>
internal static class Pause
{
    private static readonly Engine.Clock.ITimerScheduler Timers = Engine.Clock.EngineRuntime.CreateReal().Timers;

    public static Task For(TimeSpan time)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Timers.ScheduleOnce(time, () => done.TrySetResult());
        return done.Task;
    }
}
