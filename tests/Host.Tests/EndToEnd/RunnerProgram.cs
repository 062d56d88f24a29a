using System.Diagnostics;
using System.Text;
using Runner.Client;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>The real program as a process of its own: what a user starts, kills and restarts.</summary>
internal sealed class RunnerProgram : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    private readonly StringBuilder _output = new();
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

    /// <summary>Starts it, without waiting for anything.</summary>
    public static RunnerProgram Start(string data, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "runner.dll"));
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["RUNNER_DATA"] = data;
        start.Environment["NO_COLOR"] = "1";
        start.Environment.Remove("RUNNER_API_URL");
        start.Environment.Remove("RUNNER_TOKEN");
        return new RunnerProgram(Process.Start(start)!, data);
    }

    /// <summary>Starts a node on a free port and waits until it listens.</summary>
    public static async Task<RunnerProgram> StartNodeAsync(string data, params string[] arguments)
    {
        var program = Start(data, [.. arguments.Length > 0 && arguments[0] == "serve" ? arguments : ["node", .. arguments], "--listen", "127.0.0.1:0"]);
        await program._listening.Task.WaitAsync(StartsWithin);
        return program;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string data, params string[] arguments)
    {
        using var program = Start(data, arguments);
        await program.Process.WaitForExitAsync().WaitAsync(StartsWithin);
        return (program.Process.ExitCode, program.Output);
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
    public void Interrupt() => Shell.Run("kill", "-INT", $"{Process.Id}");

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

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Append(line).Append('\n');
        }

        if (line.Contains("API:", StringComparison.Ordinal) || line.Contains("/api/v1", StringComparison.Ordinal))
        {
            _listening.TrySetResult();
        }
    }
}

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
