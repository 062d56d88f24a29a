using System.Diagnostics;
using System.Globalization;
using Runner.Actors.FlowRunners.Linux;
using Runner.Actors.FlowRunners.Portable;

namespace Runner.Actors.FlowRunners;

/// <summary>
/// The programs that ran on this machine when a data folder was made from the backup of another one. Some of them may be attempts that the
/// backup says are running: they belong to the node of that other folder, which may well be alive, and are neither adopted nor stopped here.
/// Kept in the folder as a file of one line, <c>BOOT-ID START-TIME</c>.
/// </summary>
/// <param name="BootId">As in <see cref="ProcessHandle"/>.</param>
/// <param name="StartedUpTo">The start time of the latest of them, as in <see cref="ProcessHandle"/>.</param>
public sealed record ForeignProcesses(string BootId, long StartedUpTo)
{
    private const string FileName = "foreign-programs";

    /// <summary>Whatever has been started before this program was.</summary>
    public static ForeignProcesses BeforeThisProgram()
    {
        if (OperatingSystem.IsLinux())
        {
            return new ForeignProcesses(ProcFiles.BootId, ProcFiles.ReadStat(Environment.ProcessId)?.StartTime ?? long.MaxValue);
        }

        using var self = Process.GetCurrentProcess();
        return new ForeignProcesses("", PortableStart.StartOf(self));
    }

    /// <summary>What a data folder says; null if it was not made from another one's backup.</summary>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public static ForeignProcesses? Read(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        using var file = ProgramFile.Open(path, isFolderNamed: true);
        if (file is null)
        {
            return null;
        }

        using var reader = new StreamReader(new FileStream(file, FileAccess.Read, bufferSize: 1));
        var text = reader.ReadToEnd().TrimEnd('\n');
        var cut = text.LastIndexOf(' ');
        return cut >= 0 && long.TryParse(text.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var started)
            ? new ForeignProcesses(text[..cut], started)
            : throw new IOException($"{path} is damaged. Restore the backup again, or delete the file if no other node runs on this machine.");
    }

    /// <summary>Where it is kept in a data folder.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, FileName);

    /// <summary>The file's text.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{BootId} {StartedUpTo}\n");

    /// <summary>Whether this process is one of them.</summary>
    public bool Have(ProcessHandle handle) => handle.BootId == BootId && handle.StartTime <= StartedUpTo;
}
