using Runner.Actors.FlowRunners.Linux;
using Runner.Actors.FlowRunners.Secrets;
using Serilog;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners;

/// <summary>Settings of the flow runners for processes of this machine.</summary>
/// <param name="DataDirectory">The node's data folder; see <see cref="RunFiles"/> for what lies in it.</param>
/// <param name="SpawnThreads">How many processes are started side by side, 1 or more. Starting one blocks a thread until the program
/// executes.</param>
public sealed record SubprocessOptions(string DataDirectory, int SpawnThreads = 4)
{
    /// <summary>Which of the node's variables the programs get.</summary>
    public ProgramEnvironment Environment { get; init; } = ProgramEnvironment.Default;

    /// <summary>What they start with beside.</summary>
    public ProgramAttributes Attributes { get; init; } = ProgramAttributes.Default;

    /// <summary>
    /// Asked just before each program is begun, however long its start has waited: whether it may be. If not it is never started. Thread-safe.
    /// </summary>
    public Func<bool> MayStart { get; init; } = static () => true;

    /// <summary>An absolute folder for the files of programs under another user, which the data folder is closed to.</summary>
    public string UserFilesDirectory { get; init; } = DefaultUserFilesDirectory;

    /// <summary>Gone when the machine is restarted, as are the programs.</summary>
    public const string DefaultUserFilesDirectory = "/run/runner-actors";
}

/// <summary>
/// Runs attempts as Linux processes. Each is the leader of a session of its own, reads end of file from its standard input and
/// writes its output to the files of <see cref="RunFiles"/>; signals are as a new program expects them.
/// <para>
/// Its environment is this program's without what was given to the node to do its work (<see cref="ProgramEnvironment"/>), plus those of the spec,
/// plus RUNNER_RUN_ID, RUNNER_ATTEMPT, RUNNER_RESULT_FILE, and the parameters: RUNNER_PARAMETERS up to 96 KiB of UTF-8, else RUNNER_PARAMETERS_FILE,
/// the path of a file with them. Under another user (which takes a node that is root, and setpriv) also HOME, USER and LOGNAME, unless the spec sets
/// them.
/// </para>
/// <para>
/// When the program ends by itself, what it left in its process group is killed; a process that made itself independent
/// (a session of its own) lives on. A stop ends the whole tree: the session, the group, their descendants, and every process with
/// the attempt's mark in its environment; only one that has dropped the mark, its parents and its session escapes.
/// </para>
/// <para>
/// Starting a key that is alive here, or recovering it, replaces its observer. Starting a key whose output file exists reports
/// Ended(Unknown): an earlier life may have started it, and it is never started twice. After <see cref="Dispose"/> nothing is reported,
/// what runs goes on, and what waits to be started is not.
/// </para>
/// <para>
/// A program that the system has no room for now (descriptors, processes, memory, disk) is not given up: its start waits, is tried again,
/// and can be stopped meanwhile (<see cref="IStartTrouble"/>).
/// </para>
/// </summary>
public sealed class SubprocessFlowRunner : IFlowRunner, IStartTrouble, IKillsAll, ILiveAttempts, IUserFiles, IDisposable
{
    /// <summary>For each thread that starts programs one to watch with and one to read with, and as many for ends that are read meanwhile.</summary>
    private const int SparesPerThread = 4;

    private readonly AttemptTable _table;
    private readonly Spawner _spawner;
    private readonly Workers<TrackedAttempt> _starts;
    private readonly ExitWatcher _watcher;
    private readonly TreeStopper _stopper;
    private readonly Adopter _adopter;
    private readonly WaitingStarts _waiting;
    private readonly SecretReading _secrets;
    private readonly UserFiles _userFiles;
    private readonly ILogger _log;
    private readonly Func<bool> _mayStart;
    private readonly SpareDescriptors _spare;
    private readonly OrphanReaper? _orphans;
    private bool _disposed;

    /// <inheritdoc/>
    public IReadOnlyCollection<AttemptKey> Live => _table.Live;

    /// <exception cref="IOException">The system has no descriptors left for it, or the word of <see cref="ForeignProcesses"/> cannot be
    /// read.</exception>
    public SubprocessFlowRunner(SubprocessOptions options, ILogger? log = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SpawnThreads, 1);
        (_log, _mayStart) = (log ??= Serilog.Core.Logger.None, options.MayStart);
        _userFiles = new UserFiles(options.UserFilesDirectory, Path.GetFullPath(options.DataDirectory), log);
        Files = new RunFiles(options.DataDirectory) { OfUsers = _userFiles };
        _table = new AttemptTable(Files, log);
        _spawner = new Spawner(Files, options.Environment, new StartAttributes(options.Attributes, log));
        _spare = _spawner.Spare(options.SpawnThreads * SparesPerThread);
        _watcher = new ExitWatcher(Gone, log);
        _stopper = new TreeStopper(_table, _watcher.Watch);
        _adopter = new Adopter(_table, Running, ForeignProcesses.Read(options.DataDirectory), _spare.Fill);
        _starts = new Workers<TrackedAttempt>("process starts", options.SpawnThreads, 1, batch => batch.ForEach(Launch), attempt => attempt, log);
        _waiting = new WaitingStarts(_starts.Post, log);
        _secrets = new SecretReading(_table, _starts.Post, NotStarted);
        _orphans = OrphanReaper.IfInit(_table, log);
    }

    /// <summary>Where the output of attempts is.</summary>
    public RunFiles Files { get; }

    /// <inheritdoc/>
    public string? StartTrouble => _waiting.Trouble;

    /// <inheritdoc/>
    public void Start(ProcessSpec spec, IProcessObserver observer)
    {
        if (_table.Add(spec, observer) is { } attempt)
        {
            _starts.Post(attempt);
        }
    }

    /// <inheritdoc/>
    public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer)
    {
        if (_table.Add(spec, observer) is { } attempt)
        {
            _adopter.Recover(attempt, handle);
        }
    }

    /// <inheritdoc/>
    public void Stop(AttemptKey key, StopSignal signal)
    {
        if (_table.Find(key) is { } attempt)
        {
            _stopper.Stop(attempt, signal);
        }
    }

    /// <inheritdoc/>
    public void KillAll()
    {
        foreach (var attempt in _table.All)
        {
            _stopper.Stop(attempt, StopSignal.Kill);
        }
    }

    /// <inheritdoc/>
    public void Forget(AttemptKey key) => _table.Forget(key);

    /// <inheritdoc/>
    public IReadOnlyCollection<AttemptKey> WithUserFiles() => _userFiles.All();

    /// <inheritdoc/>
    public void RemoveUserFiles(AttemptKey key) => _userFiles.Remove(key);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        _orphans?.Dispose();
        _secrets.Dispose();
        _starts.Dispose();
        _waiting.Dispose();
        _adopter.Dispose();
        _stopper.Dispose();
        _watcher.Dispose();
        _spare.Dispose();
        _spawner.Dispose();
        _userFiles.Dispose();
        foreach (var attempt in _table.All)
        {
            // The watcher has closed what it was watching; a leader it had reported already is still open.
            if (attempt is { LeaderGone: true, PidFd: >= 0 })
            {
                _ = Close(attempt.PidFd);
            }
        }
    }

    private void Launch(TrackedAttempt attempt)
    {
        if (WasStopped(attempt))
        {
            return;
        }

        if (!_spare.Fill())
        {
            _waiting.Add(
                attempt, "The node has no descriptors left: raise its limit of open files (LimitNOFILE, ulimit -n), or run fewer programs at once.");
            return;
        }

        try
        {
            if (!_secrets.IsDone(attempt))
            {
                return;
            }

            if (!_mayStart())
            {
                _table.Drop(attempt, o => o.NeverStarted());
                return;
            }

            Start(attempt, attempt.Secrets ?? SecretValues.None);
        }
        catch (StartFailure failure)
        {
            NotStarted(attempt, failure);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _table.Drop(attempt, o => o.StartFailed(StartFailureKind.Other, $"The attempt's files cannot be made or removed: {e.Message}"));
        }
    }

    private bool WasStopped(TrackedAttempt attempt)
    {
        lock (attempt.Gate)
        {
            if (attempt.State == TrackedAttempt.Phase.Ended)
            {
                // While its secret values were being read.
                return true;
            }

            if (attempt.StopOnStart is not null)
            {
                _table.Drop(attempt, o => o.NeverStarted());
                return true;
            }
        }

        return false;
    }

    private void Start(TrackedAttempt attempt, SecretValues secrets)
    {
        if (_spawner.Spawn(attempt.Spec, secrets) is { } pid)
        {
            attempt.Secrets = null;
            Attach(attempt, pid);
            _waiting.Worked();
            foreach (var name in secrets.NotMasked)
            {
                _log.About(attempt.Spec).Warning(
                    "The secret value of {Variable} is shorter than {Shortest} bytes: it is not masked where the output is shown", name,
                    SecretMask.ShortestValue);
            }
        }
        else
        {
            lock (attempt.Gate)
            {
                _table.End(attempt, new ProcessExit.Unknown("an earlier life of this node started it, and its process is not known"));
            }
        }
    }

    private void NotStarted(TrackedAttempt attempt, StartFailure failure)
    {
        if (failure.Kind == StartFailureKind.ResourcesExhausted)
        {
            // Nothing of it exists, and the lack is the node's: it is not the run's to fail of it.
            _waiting.Add(attempt, failure.Message);
            return;
        }

        _waiting.Worked();
        _table.Drop(attempt, o => o.StartFailed(failure.Kind, failure.Message));
    }

    /// <summary>Takes over a child that was just spawned; it may have ended already, and stays visible until it is reaped.</summary>
    private void Attach(TrackedAttempt attempt, int pid)
    {
        lock (attempt.Gate)
        {
            var watchable = Watchable(attempt, pid);
            if (!watchable)
            {
                _spare.GiveUp();
                watchable = Watchable(attempt, pid);
            }

            if (watchable)
            {
                Running(attempt);
                return;
            }

            attempt.Handle ??= new ProcessHandle(pid, 0, ProcFiles.BootId);
            attempt.Report(o => o.Started(attempt.Handle));
            KillUnwatchable(attempt);
        }
    }

    /// <summary>Takes a descriptor and the identity of a child; false if there were no descriptors for that.</summary>
    private static bool Watchable(TrackedAttempt attempt, int pid)
    {
        try
        {
            attempt.PidFd = attempt.PidFd >= 0 ? attempt.PidFd : OpenPidFd(pid);
            attempt.Handle = attempt.PidFd >= 0 && ProcFiles.ReadStat(pid) is { } stat
                ? new ProcessHandle(pid, stat.StartTime, ProcFiles.BootId) : null;
        }
        catch (StartFailure)
        {
            // /proc could not be read because no descriptor was free.
        }

        return attempt.Handle is not null;
    }

    private void Running(TrackedAttempt attempt)
    {
        attempt.State = TrackedAttempt.Phase.Running;
        attempt.Report(o => o.Started(attempt.Handle!));
        if (!_watcher.Watch(new Watched(attempt, attempt.Handle!.Pid, attempt.PidFd, IsLeader: true)))
        {
            KillUnwatchable(attempt);
        }
        else if (attempt.StopOnStart is { } signal)
        {
            _stopper.Stop(attempt, signal);
        }
    }

    /// <summary>A process nobody would see the end of is not left alone.</summary>
    private unsafe void KillUnwatchable(TrackedAttempt attempt)
    {
        _ = Kill(-attempt.Handle!.Pid, SIGKILL);
        SignalInfo info;
        _ = WaitId(P_PID, attempt.Handle.Pid, &info, WEXITED);
        _table.End(
            attempt, new ProcessExit.Unknown("the node had no descriptors left to watch it, so it was killed; raise the node's limit of open files"));
    }

    private void Gone(Watched watched)
    {
        var attempt = watched.Attempt;
        lock (attempt.Gate)
        {
            if (!watched.IsLeader)
            {
                attempt.Members.Remove(watched.Pid);
                _ = Close(watched.PidFd);
            }
            else
            {
                attempt.LeaderGone = true;
                if (attempt is { Stop: null, Adopted: false })
                {
                    _table.EndWithLeader(attempt);
                    return;
                }
            }

            if (attempt is { State: TrackedAttempt.Phase.Running, LeaderGone: true, Members.Count: 0 })
            {
                _stopper.Sweep(attempt);
            }
        }
    }
}
