using System.Diagnostics;
using System.Text;
using Runner.Client;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>The real program as a process of its own: what a user starts, kills and restarts.</summary>
internal sealed class RunnerProgram : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(3);

    private readonly StringBuilder _output = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunnerProgram(Process process, string data)
    {
        Process = process;
        Data = data;
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => _listening.TrySetException(new InvalidOperationException($"The program ended: {Output}"));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Process Process { get; }

    public string Data { get; }

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

    /// <summary>The program's own file, for <c>dotnet exec</c>.</summary>
    public static string File { get; } = Path.Combine(AppContext.BaseDirectory, "runner.dll");

    /// <summary>As from a person's shell: a test run in the background has SIGINT ignored, and what it starts would inherit that.</summary>
    private static readonly string[] AsFromAShell = ["env", "--default-signal=INT,TERM"];

    private static readonly string[] Dotnet = ["dotnet"];

    /// <summary>Starts it, without waiting for anything.</summary>
    public static RunnerProgram Start(string data, params string[] arguments) => StartWith(Dotnet, data, arguments);

    /// <summary>Starts it below another program, which becomes it (such as <c>NAME=VALUE unshare … dotnet</c>).</summary>
    public static RunnerProgram StartWith(string[] host, string data, params string[] arguments) =>
        new(Process.Start(StartInfo(host, data, arguments))!, data);

    /// <summary>Starts a node on a free port and waits until it listens.</summary>
    public static async Task<RunnerProgram> StartNodeAsync(string data, params string[] arguments)
    {
        var program = Start(
            data, [.. arguments.Length > 0 && arguments[0] == "serve" ? arguments : ["node", .. arguments], "--listen", "127.0.0.1:0"]);
        await program.ListensAsync();
        return program;
    }

    /// <summary>Starts a node at an address that a node had before.</summary>
    public static async Task<RunnerProgram> RestartNodeAsync(string data, Uri at)
    {
        var program = Start(data, "node", "--listen", at.Authority);
        await program.ListensAsync();
        return program;
    }

    /// <summary>Waits until it listens.</summary>
    public Task ListensAsync() => _listening.Task.WaitAsync(StartsWithin);

    /// <summary>Waits until it has printed a line with that in it.</summary>
    public Task PrintsAsync(string text)
    {
        lock (_output)
        {
            if (_output.ToString().Contains(text, StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, seen));
            return seen.Task.WaitAsync(StartsWithin);
        }
    }

    /// <summary>Waits for its end; all it printed has been read then.</summary>
    public async Task<int> EndsAsync()
    {
        try
        {
            await Process.WaitForExitAsync().WaitAsync(StartsWithin);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"It has not ended within {StartsWithin}. It printed:\n{Output}", e);
        }

        return Process.ExitCode;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string data, params string[] arguments)
    {
        using var program = Start(data, arguments);
        await program.Process.WaitForExitAsync().WaitAsync(StartsWithin);
        return (program.Process.ExitCode, program.Output);
    }

    /// <summary>Runs a command to its end with its two outputs apart, in an environment that would allow colours.</summary>
    public static async Task<Answer> AskAsync(string data, params string[] arguments)
    {
        var start = StartInfo(Dotnet, data, arguments);
        start.Environment.Remove("NO_COLOR");
        start.Environment["TERM"] = "xterm-256color";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(StartsWithin);
        return new Answer(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a command to its end, for the bytes on its standard output.</summary>
    public static async Task<byte[]> AskBytesAsync(string data, params string[] arguments)
    {
        using var process = Process.Start(StartInfo(Dotnet, data, arguments))!;
        using var output = new MemoryStream();
        var (read, error) = (process.StandardOutput.BaseStream.CopyToAsync(output), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(StartsWithin);
        await Task.WhenAll(read, error);
        return output.ToArray();
    }

    /// <summary>A client of the node, by the address and the token in its data folder.</summary>
    public RunnerClient Client() => new(LocalNode.Find(null, Data, _ => null));

    /// <summary>SIGKILL, and the end of it.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
    }

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public void Interrupt() => Signal("INT");

    public void Signal(string name) => Shell.Run("kill", $"-{name}", $"{Process.Id}");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string[] host, string data, string[] arguments)
    {
        host = [.. AsFromAShell, .. host];
        var start = new ProcessStartInfo(host[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])[.. host[1..], "exec", File, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["RUNNER_DATA"] = data;
        start.Environment["NO_COLOR"] = "1";
        start.Environment.Remove("RUNNER_API_URL");
        start.Environment.Remove("RUNNER_TOKEN");
        start.Environment.Remove("RUNNER_TOKEN_FILE");
        return start;
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

        if (line.Contains("API:", StringComparison.Ordinal) || line.Contains("/api/v1", StringComparison.Ordinal))
        {
            _listening.TrySetResult();
        }
    }
}

/// <summary>What a command answered.</summary>
internal sealed record Answer(int ExitCode, string Out, string Error);

/// <summary>Small programs of the system, run to their end.</summary>
internal static class Shell
{
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
