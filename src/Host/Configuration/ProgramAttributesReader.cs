using System.Globalization;
using Runner.Actors.FlowRunners;

namespace Runner.Host.Configuration;

/// <summary>Reads the settings <c>programs</c>: what programs start with beside their environment.</summary>
/// <param name="said">What a setting was set to and where; no text if it was not.</param>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="mistake">Takes what is wrong.</param>
internal sealed class ProgramAttributesReader(
    Func<NodeSetting, (string? Text, string Origin)> said, Func<string, string?> variable, Action<OptionMistake> mistake)
{
    /// <summary>
    /// The soft limit of open files that <c>runner</c> was started with: the runtime has raised its own before anything can read it.
    /// </summary>
    public const string StartedOpenFiles = "RUNNER_STARTED_OPEN_FILES";

    /// <summary>What the kernel gives who says none.</summary>
    private const int UsualIoLevel = 4;

    /// <summary>How an I/O class is written; null for none.</summary>
    public static string? Text((IoClass Class, int Level)? io) => io switch
    {
        null => null,
        (IoClass.Idle, _) => "idle",
        (IoClass.RealTime, var level) => string.Create(CultureInfo.InvariantCulture, $"realtime:{level}"),
        (_, var level) => string.Create(CultureInfo.InvariantCulture, $"best-effort:{level}"),
    };

    public (ProgramAttributes Programs, long? OpenFilesSaid) Read()
    {
        var openFiles = Number(NodeSetting.OpenFiles);
        return (
            new ProgramAttributes
            {
                OomScoreAdjust = (int?)Number(NodeSetting.OomScoreAdjust),
                InheritsOomScore = said(NodeSetting.OomScoreAdjust).Text == NodeSetting.Inherit,
                Nice = (int?)Number(NodeSetting.Nice),
                Io = ReadIo(),
                Cpus = ReadCpus(),
                OpenFiles = openFiles ?? (long.TryParse(variable(StartedOpenFiles), NumberStyles.None, CultureInfo.InvariantCulture, out var started)
                    ? started : null),
            },
            openFiles);
    }

    /// <summary>Null for a word in place of a number.</summary>
    private long? Number(NodeSetting setting)
    {
        var (text, origin) = said(setting);
        var (least, most) = setting.Range!.Value;
        if (setting.Words.Contains(text!))
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        mistake(new(origin, $"'{text}': expected a number from {least} to {most}, or {string.Join(" or ", setting.Words)}."));
        return null;
    }

    private (IoClass Class, int Level)? ReadIo()
    {
        var (text, origin) = said(NodeSetting.IoClass);
        if (text == NodeSetting.Inherit)
        {
            return null;
        }

        var parts = text!.Split(':');
        switch (ProgramAttributes.IoClassOf(parts[0]))
        {
            case IoClass.Idle when parts.Length == 1:
                return (IoClass.Idle, 0);
            case IoClass.BestEffort or IoClass.RealTime when parts.Length == 1:
                return (ProgramAttributes.IoClassOf(parts[0])!.Value, UsualIoLevel);
            case { } io and not IoClass.Idle when parts.Length == 2
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level <= ProgramAttributes.MostIoLevel:
                return (io, level);
            default:
                break;
        }

        mistake(new(origin, $"'{text}': expected idle, best-effort or realtime, "
            + $"the last two with a level from 0 to {ProgramAttributes.MostIoLevel} (best-effort:7), or {NodeSetting.Inherit}."));
        return null;
    }

    private IReadOnlyList<int>? ReadCpus()
    {
        var (text, origin) = said(NodeSetting.Cpus);
        var cpus = text == NodeSetting.Inherit ? null : ProgramAttributes.CpusOf(text!);
        if (cpus is null && text != NodeSetting.Inherit)
        {
            mistake(new(origin, $"'{text}': expected processors by number, such as 0-3,6, or {NodeSetting.Inherit}."));
        }

        return cpus;
    }
}
