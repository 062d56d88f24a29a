using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Runner.Actors.FlowRunners.Secrets;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Turns the declaration of an attempt into a process. Thread-safe; blocks until the program is executing.</summary>
internal sealed unsafe class Spawner : IDisposable
{
    /// <summary>The kernel takes 128 KiB for one variable; larger parameters go into a file.</summary>
    public const int LargestParametersVariable = 96 * 1024;

    private const int MostBusyAttempts = 500;

    private readonly RunFiles _files;
    private readonly ProgramEnvironment _environment;
    private readonly StartAttributes _attributes;
    private readonly InheritedEnvironment _inherited = InheritedEnvironment.OfThisProcess;
    private readonly ConcurrentBag<SpawnBlocks> _blocks = [];
    private readonly int _devNull;

    public Spawner(RunFiles files, ProgramEnvironment environment, StartAttributes attributes)
    {
        (_files, _environment, _attributes) = (files, environment, attributes);
        _devNull = Open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
        if (_devNull < 0)
        {
            throw new IOException($"/dev/null cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        // .NET opens everything close-on-exec; this is for what the node itself was started with. An old kernel goes without.
        _ = CloseOnExecFrom(3);
    }

    /// <summary>The pid; null if an earlier life has started this attempt, whose process is not started again.</summary>
    /// <exception cref="StartFailure">No process has come to be, and none of its files is left.</exception>
    // In one piece: the order is what matters: from the output's file on a process may exist, and before it none.
    public int? Spawn(ProcessSpec spec, SecretValues secrets)
    {
        var user = SystemUser.Resolve(spec.User);
        var variables = Variables(spec, user, secrets);
        CheckText(spec, variables);
        ProgramLookup.CheckWorkingDirectory(spec.WorkingDirectory);
        var program = ProgramLookup.Resolve(spec.Command, spec.WorkingDirectory, PathOf(spec, variables));
        var wrapper = user is null ? null : ProgramLookup.Resolve(["setpriv"], "/", _inherited.Path);

        if (!secrets.All.IsEmpty)
        {
            // Before there is any output: whoever looks at that masks it.
            WriteMask(spec, secrets);
        }

        // From here on a process may exist, and this file is the proof.
        var stdout = AttemptFiles.CreateStdout(_files, spec.Key);
        if (stdout < 0)
        {
            return null;
        }

        var stderr = -1;
        try
        {
            stderr = AttemptFiles.CreateAnew(_files.Stderr(spec.Key));
            AttemptFiles.Prepare(_files, spec, (stdout, stderr), user, large: variables["RUNNER_PARAMETERS_FILE"] is not null);
            return Execute(spec, program, wrapper, user, variables, (stdout, stderr));
        }
        catch (Exception e) when (e is StartFailure or IOException or UnauthorizedAccessException)
        {
            _files.Delete(spec.Key);
            if (user is not null)
            {
                _files.OfUsers!.Remove(spec.Key);
            }

            throw;
        }
        finally
        {
            _ = Close(stdout);
            _ = stderr < 0 ? 0 : Close(stderr);
        }
    }

    /// <summary>Descriptors to keep back, which are copies of one that is open for good.</summary>
    public SpareDescriptors Spare(int count) => new(_devNull, count);

    public void Dispose()
    {
        _ = Close(_devNull);
        while (_blocks.TryTake(out var blocks))
        {
            blocks.Dispose();
        }
    }

    /// <exception cref="StartFailure">It cannot be written; nothing is left of it.</exception>
    private void WriteMask(ProcessSpec spec, SecretValues secrets)
    {
        try
        {
            secrets.WriteMask(_files, spec.Key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ProgramFile.Delete(_files.Mask(spec.Key));
            throw AttemptFiles.Failure(
                $"What the output's secrets are masked by cannot be written to '{_files.Mask(spec.Key)}' ({e.Message.TrimEnd('.')})", e.HResult);
        }
    }

    private static void CheckText(ProcessSpec spec, Dictionary<string, string?> variables)
    {
        foreach (var argument in spec.Command.IsDefault ? [] : spec.Command)
        {
            if (argument.Contains('\0'))
            {
                throw new StartFailure(StartFailureKind.Other, "An argument holds the character NUL, which no program can receive; remove it.");
            }
        }

        foreach (var (name, value) in variables)
        {
            if (name.Length == 0 || name.Contains('=') || name.Contains('\0') || (value is not null && value.Contains('\0')))
            {
                throw new StartFailure(StartFailureKind.Other,
                    $"The variable '{name.Replace("\0", "\\0", StringComparison.Ordinal)}' cannot be passed on: "
                    + "a name is not empty and holds no '=', and neither name nor value holds NUL.");
            }
        }
    }

    private Dictionary<string, string?> Variables(ProcessSpec spec, SystemUser? user, SecretValues secrets)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (user is not null)
        {
            (variables["HOME"], variables["USER"], variables["LOGNAME"]) = (user.Home, user.Name, user.Name);
        }

        foreach (var (name, value) in spec.Environment.IsDefault ? [] : spec.Environment)
        {
            variables[name] = value;
        }

        foreach (var (name, value) in secrets.All)
        {
            variables[name] = value;
        }

        var large = Encoding.UTF8.GetByteCount(spec.Parameters) > LargestParametersVariable;
        variables["RUNNER_RUN_ID"] = spec.Key.RunId.ToString("D");
        variables["RUNNER_ATTEMPT"] = spec.Key.Attempt.ToString(CultureInfo.InvariantCulture);
        variables["RUNNER_RESULT_FILE"] = user is null ? _files.Result(spec.Key) : _files.OfUsers!.Result(spec.Key);
        variables["RUNNER_PARAMETERS"] = large ? null : spec.Parameters;
        variables["RUNNER_PARAMETERS_FILE"] = !large ? null : user is null ? _files.Parameters(spec.Key) : _files.OfUsers!.Parameters(spec.Key);
        return variables;
    }

    private string? PathOf(ProcessSpec spec, Dictionary<string, string?> variables) =>
        variables.TryGetValue("PATH", out var path) ? path : _environment.Gives("PATH", spec.EnvInherit) ? _inherited.Path : null;

    private int Execute(
        ProcessSpec spec, string program, string? wrapper, SystemUser? user, Dictionary<string, string?> variables, (int Stdout, int Stderr) output)
    {
        var blocks = _blocks.TryTake(out var idle) ? idle : new SpawnBlocks();
        try
        {
            using var begun = _attributes.Begin(spec);
            AddArguments(blocks, spec, program, [.. begun.Prelude, .. Become(wrapper, user)]);
            foreach (var (name, value) in variables)
            {
                if (value is not null)
                {
                    blocks.AddVariable(name, value);
                }
            }

            var (argv, envp) = blocks.Lay(_inherited, name => !variables.ContainsKey(name) && _environment.Gives(name, spec.EnvInherit));
            var pid = 0;
            var error = Spawn(
                blocks, begun.Prelude.Count > 0 ? begun.Prelude[0] : wrapper ?? program, spec.WorkingDirectory, output, (byte**)argv, (byte**)envp,
                &pid);
            if (error != 0)
            {
                throw SpawnErrors.Explain(error, spec, program);
            }

            begun.Finish(pid);
            return pid;
        }
        finally
        {
            blocks.Clear();
            _blocks.Add(blocks);
        }
    }

    /// <summary>What becomes the program as another user; nothing if it stays the node's.</summary>
    private static ReadOnlySpan<string> Become(string? wrapper, SystemUser? user) => wrapper is null || user is null ? [] :
        new[]
        {
            wrapper, "--reuid", user.Id.ToString(CultureInfo.InvariantCulture), "--regid", user.Group.ToString(CultureInfo.InvariantCulture),
            "--init-groups", "--",
        };

    /// <param name="before">The programs, with their arguments, that become the program one after the other.</param>
    private static void AddArguments(SpawnBlocks blocks, ProcessSpec spec, string program, ReadOnlySpan<string> before)
    {
        foreach (var argument in before)
        {
            blocks.AddArgument(argument);
        }

        var arguments = spec.Command.AsSpan();
        if (!before.IsEmpty)
        {
            blocks.AddArgument(program);
            arguments = arguments[1..];
        }

        foreach (var argument in arguments)
        {
            blocks.AddArgument(argument);
        }
    }

    private int Spawn(
        SpawnBlocks blocks, string file, string folder, (int Stdout, int Stderr) output, byte** argv, byte** envp, int* pid)
    {
        var error = FileActionsInit(blocks.Actions);
        if (error != 0)
        {
            return error;
        }

        try
        {
            var failed = FileActionsAddChangeDirectory(blocks.Actions, folder);
            failed = failed != 0 ? failed : FileActionsAddDup2(blocks.Actions, _devNull, 0);
            failed = failed != 0 ? failed : FileActionsAddDup2(blocks.Actions, output.Stdout, 1);
            failed = failed != 0 ? failed : FileActionsAddDup2(blocks.Actions, output.Stderr, 2);
            if (failed != 0)
            {
                return failed;
            }

            // A file that was just written is busy while any thread's new child, still before its own exec, holds it open.
            var wait = default(SpinWait);
            for (var i = 0; ; i++)
            {
                error = NodeUmask.AsStarted(
                    (Pid: (nint)pid, file, blocks, Argv: (nint)argv, Envp: (nint)envp),
                    static s => NativeMethods.Spawn((int*)s.Pid, s.file, s.blocks.Actions, s.blocks.Attributes, (byte**)s.Argv, (byte**)s.Envp));
                if (error != ETXTBSY || i == MostBusyAttempts)
                {
                    return error;
                }

                wait.SpinOnce(sleep1Threshold: 0);
            }
        }
        finally
        {
            _ = FileActionsDestroy(blocks.Actions);
        }
    }
}
