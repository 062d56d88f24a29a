using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Runner.Actors.FlowRunners.Secrets;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Runs a program for the value that it writes to its standard output: as the node's own user, with the node's own environment, in <c>/</c>, without
/// standard input; its standard error goes nowhere, for it may have the value in it. It is a session and a group of its own, which is killed when the
/// program has ended, has taken too long, has written too much, or is not wanted any more.
/// </summary>
internal sealed unsafe class SecretCommand
{
    private const string Folder = "/";
    private const int Piece = 4096;

    private readonly Lock _gate = new();
    private readonly int _pid;
    private readonly int _pidFd;
    private readonly int _output;
    private readonly byte[] _value = new byte[SecretValues.LargestValue + 2];
    private int _length;
    private bool _reaped;

    private SecretCommand(int pid, int pidFd, int output) => (_pid, _pidFd, _output) = (pid, pidFd, output);

    /// <summary>How long it may take.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Blocks until it has ended; what it wrote.</summary>
    /// <exception cref="SecretFailure">It gave no value.</exception>
    /// <exception cref="StartFailure">The system has no room for it now.</exception>
    /// <exception cref="OperationCanceledException">It was called off.</exception>
    public static byte[] Run(ImmutableArray<string> arguments, TimeSpan longest, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var (pid, pidFd, output) = Start(arguments);
        try
        {
            var command = new SecretCommand(pid, pidFd, output);
            // At once from whoever calls it off: the program may be one that waits for something for ever.
            using var kill = cancel.UnsafeRegister(static state => ((SecretCommand)state!).KillGroup(), command);
            return command.Wait(longest, cancel);
        }
        finally
        {
            _ = Close(output);
            _ = Close(pidFd);
        }
    }

    // In one piece: the two ends of the pipe are made, handed on and closed here.
    private static (int Pid, int PidFd, int Output) Start(ImmutableArray<string> arguments)
    {
        string program;
        try
        {
            program = ProgramLookup.Resolve(arguments, Folder, Environment.GetEnvironmentVariable("PATH"));
        }
        catch (StartFailure e)
        {
            throw new SecretFailure(char.ToLowerInvariant(e.Message[0]) + e.Message[1..]);
        }

        var pipe = stackalloc int[2];
        if (Pipe(pipe, O_CLOEXEC) != 0)
        {
            throw NoRoom(Marshal.GetLastPInvokeError());
        }

        try
        {
            _ = SetStatusFlags(pipe[0], O_NONBLOCK);
            var pid = Spawn(program, arguments, pipe[1]);
            var pidFd = OpenPidFd(pid);
            if (pidFd >= 0)
            {
                var output = pipe[0];
                pipe[0] = -1;
                return (pid, pidFd, output);
            }

            var error = Marshal.GetLastPInvokeError();
            _ = Kill(-pid, SIGKILL);
            SignalInfo info;
            _ = WaitId(P_PID, pid, &info, WEXITED);
            throw NoRoom(error);
        }
        finally
        {
            _ = pipe[0] >= 0 ? Close(pipe[0]) : 0;
            _ = Close(pipe[1]);
        }
    }

    // In one piece: what the system's call takes is made, checked and freed here.
    private static int Spawn(string program, ImmutableArray<string> arguments, int output)
    {
        var nothing = Open("/dev/null", O_RDWR | O_CLOEXEC, 0);
        if (nothing < 0)
        {
            throw NoRoom(Marshal.GetLastPInvokeError());
        }

        using var blocks = new SpawnBlocks();
        try
        {
            foreach (var argument in arguments)
            {
                blocks.AddArgument(argument);
            }

            foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            {
                blocks.AddVariable((string)variable.Key, (string?)variable.Value ?? string.Empty);
            }

            var (argv, envp) = blocks.Lay(InheritedEnvironment.Nothing, _ => false);
            var pid = 0;
            var error = FileActionsInit(blocks.Actions);
            if (error == 0)
            {
                error = FileActionsAddChangeDirectory(blocks.Actions, Folder);
                error = error != 0 ? error : FileActionsAddDup2(blocks.Actions, nothing, 0);
                error = error != 0 ? error : FileActionsAddDup2(blocks.Actions, output, 1);
                error = error != 0 ? error : FileActionsAddDup2(blocks.Actions, nothing, 2);
                error = error != 0 ? error : NodeUmask.AsStarted(
                    (Pid: (nint)(&pid), program, blocks, Argv: argv, Envp: envp),
                    static s => NativeMethods.Spawn((int*)s.Pid, s.program, s.blocks.Actions, s.blocks.Attributes, (byte**)s.Argv, (byte**)s.Envp));
                _ = FileActionsDestroy(blocks.Actions);
            }

            return error switch
            {
                0 => pid,
                EAGAIN or ENOMEM or EMFILE or ENFILE => throw NoRoom(error),
                _ => throw new SecretFailure($"'{program}' cannot be started: {Marshal.GetPInvokeErrorMessage(error)}. "
                    + "Run it by hand as the node's user to see what is wrong."),
            };
        }
        finally
        {
            _ = Close(nothing);
        }
    }

    private static StartFailure NoRoom(int error) => new(
        StartFailureKind.ResourcesExhausted,
        $"The system cannot start the command of a secret value now: {Marshal.GetPInvokeErrorMessage(error)}; "
        + "run fewer processes at once or raise the limit.");

    // In one piece: the output, the end and the time limit of one process are waited for together.
    private byte[] Wait(TimeSpan longest, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        var late = false;
        var open = true;
        var descriptors = stackalloc PollDescriptor[2];
        while (true)
        {
            var rest = longest - Stopwatch.GetElapsedTime(begun);
            if (rest <= TimeSpan.Zero && !late)
            {
                late = true;
                KillGroup();
            }

            descriptors[0] = new PollDescriptor { Fd = _pidFd, Events = PollDescriptor.In };
            descriptors[1] = new PollDescriptor { Fd = open ? _output : -1, Events = PollDescriptor.In };
            if (Poll(descriptors, 2, late ? -1 : (int)Math.Ceiling(rest.TotalMilliseconds)) < 0 && Marshal.GetLastPInvokeError() != EINTR)
            {
                KillGroup();
                late = true;
            }

            if (descriptors[1].Happened != 0)
            {
                open = ReadMore();
            }

            if (descriptors[0].Happened != 0)
            {
                break;
            }
        }

        // While it is not reaped its number names its group, and what of that is left is not waited for.
        KillGroup();
        _ = open && ReadMore();
        var exit = Reap();
        cancel.ThrowIfCancellationRequested();
        return late ? throw new SecretFailure(
            $"it had not ended after {longest.TotalSeconds:0} seconds and was killed. See that it needs nobody's answer and nothing that is away.")
            : _length > SecretValues.LargestValue + 1 ? throw new SecretFailure(SecretValues.TooLarge)
            : exit switch
            {
                ProcessExit.Exited(0) => _value[.._length],
                ProcessExit.Exited(var code) => throw new SecretFailure($"it ended with exit code {code}. "
                    + "Run it by hand as the node's user to see why: its output is not shown here, as it may have the value in it."),
                ProcessExit.Signaled(var signal) =>
                    throw new SecretFailure($"it was ended by signal {signal}. Run it by hand as the node's user to see why."),
                _ => throw new SecretFailure("how it ended is not known."),
            };
    }

    /// <summary>Takes all that is there; false if no more comes, or none is wanted.</summary>
    private bool ReadMore()
    {
        while (true)
        {
            if (_length == _value.Length)
            {
                KillGroup();
                return false;
            }

            nint read;
            fixed (byte* to = &_value[_length])
            {
                read = NativeMethods.Read(_output, to, Math.Min(Piece, _value.Length - _length));
            }

            if (read > 0)
            {
                _length += (int)read;
            }
            else if (read == 0 || Marshal.GetLastPInvokeError() != EINTR)
            {
                return read < 0 && Marshal.GetLastPInvokeError() == EAGAIN;
            }
        }
    }

    private void KillGroup()
    {
        lock (_gate)
        {
            if (!_reaped)
            {
                _ = Kill(-_pid, SIGKILL);
            }
        }
    }

    private ProcessExit? Reap()
    {
        lock (_gate)
        {
            _reaped = true;
            return PidFd.Reap(_pidFd);
        }
    }
}
