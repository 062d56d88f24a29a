using System.Globalization;
using System.Runtime.InteropServices;
using Serilog;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Gives programs the attributes that are not part of a spawn (<see cref="ProgramAttributes"/>). The limit of open files is what the node itself has
/// for the moment of the start, so that no program sees another one; the rest is set from here, before the program is reported as started.
/// </summary>
internal sealed class StartAttributes
{
    /// <summary>What other threads may open while the node's own limit is a program's.</summary>
    private const int DescriptorMargin = 128;

    private readonly ProgramAttributes _wanted;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly int? _oomScore;
    private readonly (ulong Soft, ulong Hard)? _ours;
    private readonly ulong _openFiles;
    private readonly string? _choom;
    private readonly string? _prlimit;
    private int _lent;
    private int _said;

    public StartAttributes(ProgramAttributes wanted, ILogger log)
    {
        (_wanted, _log) = (wanted, log);
        _oomScore = wanted.OomScoreAdjust ?? (wanted.InheritsOomScore || ProcFiles.ReadNumber("/proc/self/oom_score_adj") is null or >= 0 ? null : 0);
        // To be killed more willingly than the node anybody may ask for; for the other way the right may be missing, which is found out afterwards.
        _choom = _oomScore >= ProcFiles.ReadNumber("/proc/self/oom_score_adj") ? Find("choom") : null;
        _prlimit = Find("prlimit");
        if (wanted.OpenFiles is { } files && ReadOpenFiles() is { } ours && Math.Min((ulong)files, ours.Hard) is var most && most != ours.Soft)
        {
            (_ours, _openFiles) = (ours, most);
        }
    }

    /// <summary>
    /// To be disposed of once the program is started. Until then this process has the program's limit of open files; what cannot be had so the
    /// program gets from small programs that become it (util-linux), so that it never sees another value.
    /// </summary>
    public Begun Begin(ProcessSpec spec)
    {
        var lent = _ours is not null && Lend();
        List<string>? prelude = null;
        if (_choom is { } choom)
        {
            prelude = [choom, "-n", _oomScore!.Value.ToString(CultureInfo.InvariantCulture), "--"];
        }

        if (_ours is { } ours && !lent && _prlimit is { } prlimit)
        {
            (prelude ??= []).AddRange([prlimit, string.Create(CultureInfo.InvariantCulture, $"--nofile={_openFiles}:{ours.Hard}"), "--"]);
        }

        return new Begun(this, spec, lent, prelude ?? (IReadOnlyList<string>)[]);
    }

    private static string? Find(string program) => Array.Find([$"/usr/bin/{program}", $"/bin/{program}"], File.Exists);

    /// <summary>False where the node has so many descriptors open that another thread could miss one meanwhile.</summary>
    private bool Lend()
    {
        lock (_gate)
        {
            if (LowestFreeDescriptor() is var lowest && (lowest < 0 || (ulong)lowest + DescriptorMargin > _openFiles))
            {
                return false;
            }

            if (_lent++ == 0 && !SetOpenFiles((_openFiles, _ours!.Value.Hard)))
            {
                _lent--;
                return false;
            }

            return true;
        }
    }

    private void GiveBack()
    {
        lock (_gate)
        {
            if (--_lent == 0)
            {
                _ = SetOpenFiles(_ours!.Value);
            }
        }
    }

    private void Apply(ProcessSpec spec, int pid, bool lent)
    {
        if (_oomScore is { } score && _choom is null)
        {
            Check(
                ProcFiles.WriteNumber(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/oom_score_adj"), score), "programs.oom-score-adjust",
                spec);
        }

        if (_wanted.Nice is { } nice)
        {
            Check(SetPriority(0, (uint)pid, nice) == 0, "programs.nice", spec);
        }

        if (_wanted.Io is var (io, level))
        {
            Check(SetIoPriority(pid, ((int)io << 13) | level) == 0, "programs.io-class", spec);
        }

        if (_wanted.Cpus is { } cpus)
        {
            Check(SetCpus(pid, cpus), "programs.cpus", spec);
        }

        if (_ours is not null && !lent && _prlimit is null)
        {
            Check(SetOpenFilesOf(pid, (_openFiles, _ours!.Value.Hard)), "programs.open-files", spec);
        }
    }

    private void Check(bool done, string setting, ProcessSpec spec)
    {
        // A program that has ended already needs none; of anything else one word is enough.
        if (!done && Marshal.GetLastPInvokeError() is var error and not (ESRCH or ENOENT or 0) && Interlocked.Exchange(ref _said, 1) == 0)
        {
            _log.About(spec).Warning(
                "Programs run without what the setting {Setting} says: {Reason}. "
                + "Give the node the right to (CAP_SYS_NICE, CAP_SYS_RESOURCE), or change the setting",
                setting, Marshal.GetPInvokeErrorMessage(error));
        }
    }

    /// <summary>The start of one program.</summary>
    /// <param name="Prelude">What stands before its command, to become it.</param>
    public readonly record struct Begun(StartAttributes Attributes, ProcessSpec Spec, bool Lent, IReadOnlyList<string> Prelude) : IDisposable
    {
        /// <summary>Gives the program what it has not got by its start.</summary>
        public void Finish(int pid) => Attributes.Apply(Spec, pid, Lent);

        public void Dispose()
        {
            if (Lent)
            {
                Attributes.GiveBack();
            }
        }
    }
}
