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
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(2);
    private readonly Process _process;

    private NodeProgram(Process process, string data, Uri url, TimeSpan ready, TimeSpan? answered)
    {
        (_process, Data, Url, Ready, Answered) = (process, data, url, ready, answered);
        var address = LocalNode.Find(url.ToString(), data);
        Client = new RunnerClient(address);
        Http = new HttpClient { BaseAddress = url, DefaultRequestHeaders = { { "Authorization", $"Bearer {address.Token}" } } };
    }

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>From the start of the process to the first 200 of /health/ready.</summary>
    public TimeSpan Ready { get; }

    /// <summary>From the start of the process to the first answer of an entity, if it was asked for one.</summary>
    public TimeSpan? Answered { get; }

    public Uri Url { get; }

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

    /// <summary>How the program is run: dotnet and what it was published as.</summary>
    public static async Task<string[]> CommandAsync()
    {
        var built = Path.Combine(Report.Root(), ".build", "runner");
        return [(await File.ReadAllTextAsync(Path.Combine(built, ".dotnet")).ConfigureAwait(false)).Trim(), Path.Combine(built, "runner.dll")];
    }

    /// <summary>Starts `runner node` on a data folder, with settings as variables, and waits until it is ready.</summary>
    public static Task<NodeProgram> StartAsync(string data, params (string Variable, string Value)[] settings) => StartAsync(data, null, settings);

    /// <summary>The same, and asks from the beginning for what only an entity can answer.</summary>
    /// <param name="entity">The path of that; null for none.</param>
    public static async Task<NodeProgram> StartAsync(string data, string? entity, params (string Variable, string Value)[] settings)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort()}/");
        // Its console goes nowhere: what a terminal makes of it is not measured.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = data };
        string[] command =
            ["-c", "exec \"$@\" >/dev/null 2>>node.err", "sh", .. await CommandAsync()
                .ConfigureAwait(false), "node", "--data", data, "--listen", url.Authority];
        Array.ForEach(command, start.ArgumentList.Add);
        Array.ForEach(settings, s => start.Environment[s.Variable] = s.Value);
        var watch = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        var ready = AnsweredAsync(url, new Uri("health/ready", UriKind.Relative), () => null, process, watch);
        var answered = entity is null ? null
            : AnsweredAsync(url, new Uri(entity, UriKind.Relative), () => LocalNode.Find(url.ToString(), data).Token, process, watch);
        return new NodeProgram(process, data, url, await ready.ConfigureAwait(false), answered is null ? null : await answered.ConfigureAwait(false));
    }

    /// <summary>What /proc says of it now.</summary>
    public NodeUse Use()
    {
        var status = File.ReadAllLines($"/proc/{_process.Id}/status");
        long Of(string name) => long.Parse(
            status.First(l => l.StartsWith(name + ":", StringComparison.Ordinal))
                .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
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

    /// <summary>Stops it as Ctrl-C does.</summary>
    /// <returns>How long it took until it was gone.</returns>
    public async Task<TimeSpan> InterruptAsync()
    {
        var watch = Stopwatch.StartNew();
        _ = NativeMethods.Kill(_process.Id, Interrupt);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return watch.Elapsed;
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

    /// <returns>When something was answered with success for the first time.</returns>
    private static async Task<TimeSpan> AnsweredAsync(Uri url, Uri path, Func<string?> token, Process process, Stopwatch watch)
    {
        using var http = new HttpClient { BaseAddress = url };
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Authorization = token() is { } open ? new("Bearer", open) : null;
                using var answer = await http.SendAsync(request).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                {
                    return watch.Elapsed;
                }
            }
            catch (HttpRequestException) when (!process.HasExited && watch.Elapsed < StartWithin)
            {
                // It does not listen yet.
            }

            if (watch.Elapsed > StartWithin)
            {
                throw new InvalidOperationException(
                    $"{url}{path} has had no answer for {StartWithin.TotalSeconds:0} s; node.err in its data folder may say why.");
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
    public static Task For(TimeSpan time) => Task.Delay(time, Stopclock.Provider);
}
