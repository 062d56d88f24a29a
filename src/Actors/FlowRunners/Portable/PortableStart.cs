using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Runner.Actors.FlowRunners.Linux;
using Runner.Actors.FlowRunners.Secrets;
using Runner.Files;

namespace Runner.Actors.FlowRunners.Portable;

/// <summary>The declaration of an attempt in .NET's terms, and .NET's answers in ours.</summary>
internal static class PortableStart
{
    private const long SameStart = 1000;

    /// <summary>How long after a program's end its output may still be on the way.</summary>
    public static TimeSpan DrainTime { get; } = TimeSpan.FromSeconds(1);

    public static ProcessStartInfo Prepare(ProcessSpec spec, RunFiles files, ProgramEnvironment environment)
    {
        if (spec.User is not null && spec.User != Environment.UserName)
        {
            throw new NoSuchUserException($"This node runs programs as '{Environment.UserName}' only, not as '{spec.User}'; run it as that user.");
        }

        if (!Directory.Exists(spec.WorkingDirectory))
        {
            throw new DirectoryNotFoundException(
                $"The working directory '{spec.WorkingDirectory}' does not exist on this node; create it or correct the deployment.");
        }

        var start = new ProcessStartInfo
        {
            WorkingDirectory = spec.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SetEnvironment(start.Environment, spec, files, environment);
        start.FileName = ProgramOf(spec, start.Environment.TryGetValue("PATH", out var path) ? path : null);
        foreach (var argument in spec.Command.AsSpan()[1..])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    /// <summary>
    /// Runs a program for its standard output, as <see cref="SecretCommand"/> does on Linux; its descendants, and no group, are killed with it.
    /// </summary>
    /// <exception cref="SecretFailure">It gave no value.</exception>
    public static byte[] RunForValue(ImmutableArray<string> command, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(command[0], command.AsSpan()[1..].ToArray())
        {
            WorkingDirectory = Path.GetPathRoot(Environment.CurrentDirectory)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var running = NodeUmask.AsStarted(start, Process.Start) ?? throw new SecretFailure("the system started no process.");
            return ValueOf(running, cancel);
        }
        catch (Win32Exception e)
        {
            throw new SecretFailure($"it cannot be started: {e.Message.TrimEnd('.')}. Run it by hand as the node's user to see what is wrong.");
        }
    }

    private static byte[] ValueOf(Process running, CancellationToken cancel)
    {
        running.StandardInput.Close();
        running.ErrorDataReceived += static (_, _) => { };
        running.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(SecretCommand.Longest);
        using var kill = limit.Token.UnsafeRegister(static p => ((Process)p!).Kill(entireProcessTree: true), running);
        var (value, length) = (new byte[SecretValues.LargestValue + 2], 0);
        while (length < value.Length && running.StandardOutput.BaseStream.Read(value, length, value.Length - length) is > 0 and var read)
        {
            length += read;
        }

        if (length == value.Length)
        {
            running.Kill(entireProcessTree: true);
            throw new SecretFailure(SecretValues.TooLarge);
        }

        running.WaitForExit();
        cancel.ThrowIfCancellationRequested();
        return limit.IsCancellationRequested ? throw new SecretFailure($"it had not ended after {SecretCommand.Longest.TotalSeconds:0} seconds and "
            + "was killed. See that it needs nobody's answer and nothing that is away.")
            : running.ExitCode != 0 ? throw new SecretFailure($"it ended with exit code {running.ExitCode}. "
                + "Run it by hand as the node's user to see why: its output is not shown here, as it may have the value in it.")
            : value[..length];
    }

    public static FileStream Create(string path) => OwnFile.Open(path, FileMode.CreateNew, share: FileShare.Read, bufferSize: 0);

    public static ProcessHandle HandleOf(Process process) => new(process.Id, StartOf(process), string.Empty);

    /// <summary>The living process of a handle; null if it is gone.</summary>
    public static Process? Find(ProcessHandle handle)
    {
        try
        {
            var process = Process.GetProcessById(handle.Pid);
            return !process.HasExited && Math.Abs(StartOf(process) - handle.StartTime) < SameStart ? process : null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    public static ProcessExit ExitOf(int code) => !OperatingSystem.IsWindows() && code is > 128 and < 160
        ? new ProcessExit.Signaled(code - 128)
        : new ProcessExit.Exited(code & 0xFF);

    public static StartFailureKind KindOf(Exception e) => e switch
    {
        DirectoryNotFoundException => StartFailureKind.WorkingDirectoryNotFound,
        NoSuchUserException => StartFailureKind.UserNotAvailable,
        StartFailure failure => failure.Kind,
        Win32Exception { NativeErrorCode: 2 } => StartFailureKind.CommandNotFound,
        Win32Exception { NativeErrorCode: 5 or 8 or 13 or 193 } => StartFailureKind.NotExecutable,
        Win32Exception { NativeErrorCode: 7 or 206 } => StartFailureKind.ArgumentsTooLong,
        Win32Exception { NativeErrorCode: 11 or 12 or 23 or 24 } or OutOfMemoryException => StartFailureKind.ResourcesExhausted,
        _ => StartFailureKind.Other,
    };

    /// <summary>In Unix milliseconds.</summary>
    public static long StartOf(Process process)
    {
        try
        {
            return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended already, so nobody will look for it.
            return 0;
        }
    }

    private static string ProgramOf(ProcessSpec spec, string? path)
    {
        if (spec.Command.IsDefaultOrEmpty || spec.Command[0].Length == 0)
        {
            throw new Win32Exception(2, "The command is empty; name a program in the deployment.");
        }

        var name = spec.Command[0];
        if (name.Contains(Path.DirectorySeparatorChar) || name.Contains('/'))
        {
            return Path.Combine(spec.WorkingDirectory, name);
        }

        if (OperatingSystem.IsWindows())
        {
            return name;
        }

        return (path ?? "/bin:/usr/bin").Split(Path.PathSeparator).Select(folder => Path.Combine(spec.WorkingDirectory, folder, name))
            .FirstOrDefault(File.Exists)
            ?? throw new Win32Exception(2, $"There is no program '{name}' in PATH ({path}) on this node; install it or correct PATH.");
    }

    private static void SetEnvironment(IDictionary<string, string?> variables, ProcessSpec spec, RunFiles files, ProgramEnvironment environment)
    {
        foreach (var name in variables.Keys.Where(name => !environment.Gives(name, spec.EnvInherit)).ToList())
        {
            variables.Remove(name);
        }

        foreach (var (name, value) in spec.Environment.IsDefault ? [] : spec.Environment)
        {
            if (value is null)
            {
                variables.Remove(name);
            }
            else
            {
                variables[name] = value;
            }
        }

        variables["RUNNER_RUN_ID"] = spec.Key.RunId.ToString("D");
        variables["RUNNER_ATTEMPT"] = spec.Key.Attempt.ToString(CultureInfo.InvariantCulture);
        variables["RUNNER_RESULT_FILE"] = files.Result(spec.Key);
        variables.Remove("RUNNER_PARAMETERS");
        variables.Remove("RUNNER_PARAMETERS_FILE");
        if (Encoding.UTF8.GetByteCount(spec.Parameters) <= Spawner.LargestParametersVariable)
        {
            variables["RUNNER_PARAMETERS"] = spec.Parameters;
            return;
        }

        files.EnsureDirectory(spec.Key);
        using var file = Create(files.Parameters(spec.Key));
        file.Write(Encoding.UTF8.GetBytes(spec.Parameters));
        variables["RUNNER_PARAMETERS_FILE"] = files.Parameters(spec.Key);
    }
}

/// <summary>A program was to run as a user this node cannot become.</summary>
internal sealed class NoSuchUserException(string message) : Exception(message);
