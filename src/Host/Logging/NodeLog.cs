using System.Globalization;
using System.Text;
using Runner.Actors.FlowRunners;
using Runner.Files;
using Runner.Host.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Sinks.File;
using Serilog.Sinks.SystemConsole.Themes;

namespace Runner.Host.Logging;

/// <summary>
/// The node's own log, on standard error: for people, or a JSON object a line for machines; in a file too if wanted. Nothing that is logged
/// may hold a token or a parameter's value.
/// </summary>
internal static class NodeLog
{
    private const string Template = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{About}{NewLine}{Exception}";
    private const string FileTemplate = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {Message:lj}{About}{NewLine}{Exception}";
    private const long LargestFile = 64 * 1024 * 1024;
    private const int MostFiles = 10;

    /// <param name="colour">Whether standard error is a terminal that wants colour.</param>
    /// <exception cref="NodeStartException">The log file cannot be written.</exception>
    public static Logger Create(NodeOptions options, bool colour)
    {
        var level = options.LogLevel;
        var log = new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", level < LogEventLevel.Warning ? LogEventLevel.Warning : level)
            .Enrich.With<RunSuffix>();
        var lines = options.LogFormat == LogFormat.Json ? JsonLines.Create() : null;
        if (lines is not null)
        {
            log.WriteTo.Console(lines, standardErrorFromLevel: LogEventLevel.Verbose);
        }
        else
        {
            log.WriteTo.Console(
                outputTemplate: Template,
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose,
                theme: colour ? AnsiConsoleTheme.Code : ConsoleTheme.None);
        }

        if (options.LogFile is { } file)
        {
            AddFile(log, file, lines ?? new MessageTemplateTextFormatter(FileTemplate, CultureInfo.InvariantCulture));
        }

        return log.CreateLogger();
    }

    // In one piece: a list of what is asked of the file, with a sentence for each fault.
    private static void AddFile(LoggerConfiguration log, string file, ITextFormatter formatter)
    {
        try
        {
            // Looked at here: the sink itself would say nothing, and write nothing.
            OwnFile.MakeFolder(Path.GetDirectoryName(file)!);
            if (FileFacts.Of(file) is { Kind: FileKind.Link, Owner: { } owner } && owner != 0 && owner != FileFacts.Me)
            {
                throw new NodeStartException(
                    $"The log file {file} is a link that another user has made, and where it leads is that user's choice. Name another as log-file.");
            }

            if (FileFacts.Of(file, followLink: true) is { Kind: not FileKind.Regular })
            {
                if (!Path.GetFullPath(file).StartsWith("/dev/", StringComparison.Ordinal))
                {
                    throw new NodeStartException($"The log file {file} is a pipe, a folder or the like, which a log is not kept in, "
                        + "and a pipe would hold the node up. Name another as log-file.");
                }

                // A device is written to as it is.
                using var device = File.Open(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            }
            else
            {
                using var made = OwnFile.Open(file, FileMode.Append, share: FileShare.ReadWrite);
                foreach (var older in Rotated(file))
                {
                    OwnFile.Close(older);
                }
            }
        }
        catch (UnauthorizedAccessException e) when (FileFacts.Of(file, followLink: true) is { } facts && facts.Owner != FileFacts.Me)
        {
            throw new NodeStartException($"The log file {file} belongs to another user and may be read by others ({e.Message.TrimEnd('.')}). "
                + "Name another as log-file, or give it to this user.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"The log file {file} cannot be written ({e.Message.TrimEnd('.')}). Name another as log-file.");
        }

        log.WriteTo.File(
            formatter, file, fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: MostFiles, hooks: new Closing());
    }

    /// <summary>What was written before under this name, «NAME_001.EXT» and so on.</summary>
    private static IEnumerable<FileInfo> Rotated(string file) =>
        new DirectoryInfo(Path.GetDirectoryName(file)!).EnumerateFiles($"{Path.GetFileNameWithoutExtension(file)}_*{Path.GetExtension(file)}");

    /// <summary>Each file that the log goes on in is closed to others, as the first one is.</summary>
    private sealed class Closing : FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
        {
            if (FileFacts.Of(path) is { Kind: FileKind.Regular })
            {
                OwnFile.Close(new FileInfo(path));
            }

            return underlyingStream;
        }
    }
}
