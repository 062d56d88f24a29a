using System.Globalization;
using System.Text;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Cli;
using Runner.Client;
using Runner.Entities.Store;
using Runner.Files;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Stores;
using Runner.Persistence.Sqlite;

namespace Runner.Host.Backup;

/// <summary>`runner restore`: unpacks beside, checks all of it, and only then puts it into place.</summary>
internal sealed class Restore(HostEnvironment environment)
{
    /// <returns>The exit code.</returns>
    // In one piece: what is held and made is given back on each way out.
    public async Task<int> RunAsync(string file, string? data, bool force, bool json)
    {
        var folder = Path.TrimEndingDirectorySeparator(DataFolder.Resolve(data, environment.Variable));
        var signals = environment.Signals();
        using var registration = signals as IDisposable;
        try
        {
            if (!File.Exists(file))
            {
                return Fail($"There is no file {file}.");
            }

            if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, DataDirectory.LockName)) && !force && !RestoredFolder.IsEmpty(folder))
            {
                return Fail(NotEmpty(folder));
            }

            var isNew = !Directory.Exists(folder);
            using var held = DataDirectory.Open(folder);
            try
            {
                RestoredFolder.Settle(folder, environment.Time);
                return !force && !RestoredFolder.IsEmpty(folder)
                    ? Fail(NotEmpty(folder))
                    : Report(await IntoAsync(folder, Path.GetFullPath(file), signals.First), json);
            }
            catch
            {
                RestoredFolder.Abandon(folder);
                if (isNew && !Directory.EnumerateDirectories(folder).Any())
                {
                    // Only the lock is in it.
                    Directory.Delete(folder, recursive: true);
                }

                throw;
            }
        }
        catch (OperationCanceledException)
        {
            Fail("Interrupted; nothing was restored.");
            return ExitCodes.Interrupted;
        }
        catch (Exception e) when (e is BackupInvalidException or StoreException or NodeStartException or IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message);
        }
    }

    private async Task<RestoreReport> IntoAsync(string folder, string file, CancellationToken cancel)
    {
        var unpacked = RestoredFolder.Begin(folder);
        var reader = new BackupReader(file, unpacked);
        var manifest = await reader.UnpackAsync(cancel);
        await SqliteEntityStore.VerifyAsync(Path.Combine(unpacked, SqliteNodeStore.FileName));
        new RunFiles(unpacked).EnsureRoot();
        if (manifest.DataDirectory != folder)
        {
            // The other folder's node may be running, and its programs with it.
            OwnFile.Replace(ForeignProcesses.PathIn(unpacked), Encoding.UTF8.GetBytes(ForeignProcesses.BeforeThisProgram().ToText()));
        }

        cancel.ThrowIfCancellationRequested();
        return new RestoreReport(folder, manifest, reader.Files, RestoredFolder.Commit(folder, environment.Time), reader.LeftOut);
    }

    private int Report(RestoreReport report, bool json)
    {
        var (backup, files) = (report.Backup, report.Files - 1);
        environment.Output.Write(json
            ? JsonSerializer.Serialize(report, BackupJson.Default.RestoreReport) + "\n"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Restored {report.DataDirectory} as node '{backup.Node}' was at {backup.MadeAt:yyyy-MM-dd HH:mm:ss} UTC, "
                + $"with {files} files of output.\n")
                + (report.LeftOut is { } missing
                    ? $"Left out of it when it was made, since a program had replaced it: {Cli.Terminal.Printable.Line(missing)}.\n" : "")
                + (report.Kept is { } kept ? $"What was in it is in {kept}; delete that when it is not needed any more.\n" : "")
                + $"`runner node --data {report.DataDirectory}` runs it: schedules go on, and what was running then counts as after a crash.\n");
        environment.Output.Flush();
        return ExitCodes.Success;
    }

    private static string NotEmpty(string folder) =>
        $"The data folder {folder} is not empty. Name a new one with --data DIR, or restore over it with --force: what is in it is kept beside.";

    private int Fail(string message)
    {
        environment.Error.Write($"{environment.ErrorStyle.Red("error:")} {Cli.Terminal.Printable.Line(message)}\n");
        environment.Error.Flush();
        return ExitCodes.Error;
    }
}
