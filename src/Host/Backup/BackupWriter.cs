using System.Formats.Tar;
using Runner.Actors.FlowRunners;
using Runner.Files;
using Runner.Host.Stores;

namespace Runner.Host.Backup;

/// <summary>
/// Writes a backup as it goes along. Of the output only what belongs to attempts of the copied store is taken: for a node, an attempt's file is
/// the proof that it may have been started, so one that was begun after the copy would never be run from it. And for the same reason
/// an attempt that the copy says was begun gets an empty file if it has none: it is accounted for, and not begun a second time.
/// </summary>
internal sealed class BackupWriter : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The largest that the older, shorter form of an entry can say.</summary>
    private const long LargestUstar = 0x1_FFFF_FFFF;

    private readonly TarWriter _tar;
    private readonly StreamWriter _sums;
    private readonly FileStream _sumsFile;
    private readonly CancellationToken _cancel;

    /// <param name="sums">A file to collect the checksums in: there may be millions.</param>
    public BackupWriter(Stream to, string sums, CancellationToken cancel)
    {
        _tar = new TarWriter(to, TarEntryFormat.Ustar, leaveOpen: true);
        _sumsFile = OwnFile.CreateAnew(sums, FileAccess.ReadWrite);
        _sums = new StreamWriter(_sumsFile, leaveOpen: true) { NewLine = "\n" };
        _cancel = cancel;
    }

    /// <param name="dataDirectory">Whose output is taken.</param>
    public async Task WriteAsync(BackupManifest manifest, StoreCopy copy, string dataDirectory)
    {
        await AddAsync(BackupFormat.Manifest, new MemoryStream(BackupJson.Bytes(manifest)), manifest.MadeAt);
        await AddFileAsync(SqliteNodeStore.FileName, copy.Path);
        var begun = new HashSet<AttemptKey>();
        await foreach (var attempt in copy.OpenAttemptsAsync(_cancel))
        {
            begun.Add(attempt);
        }

        if (manifest.Output)
        {
            await AddOutputAsync(copy, dataDirectory, begun);
        }

        foreach (var attempt in begun)
        {
            await AddAsync(NameOf(Path.GetFileName(new RunFiles(dataDirectory).Stdout(attempt)), attempt.RunId), new MemoryStream(), manifest.MadeAt);
        }

        await _sums.FlushAsync(_cancel);
        _sumsFile.Position = 0;
        await _tar.WriteEntryAsync(Entry(BackupFormat.Sums, _sumsFile, manifest.MadeAt), _cancel);
    }

    /// <summary>Writes the archive's end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _tar.DisposeAsync();
        await _sums.DisposeAsync();
        await _sumsFile.DisposeAsync();
    }

    /// <param name="begun">What has its file in the archive is taken out.</param>
    private async Task AddOutputAsync(StoreCopy copy, string dataDirectory, HashSet<AttemptKey> begun)
    {
        var root = Path.Combine(dataDirectory, RunFiles.FolderName);
        foreach (var folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
        {
            // Sorted, so that the files of one run come together.
            var (run, latest) = ("", 0);
            foreach (var path in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
            {
                if (BackupFormat.Parse(Path.GetFileName(path)) is not { } file)
                {
                    continue;
                }

                if (file.Run != run)
                {
                    (run, latest) = (file.Run, await copy.LatestAttemptAsync(file.Run));
                }

                if (file.Attempt <= latest && await AddFileAsync(NameOf(Path.GetFileName(path), Guid.Parse(run)), path) && file.Kind == "stdout")
                {
                    begun.Remove(new AttemptKey(Guid.Parse(run), file.Attempt));
                }
            }
        }
    }

    private static string NameOf(string fileName, Guid run) => $"{RunFiles.FolderName}/{run.ToString("D")[^2..]}/{fileName}";

    /// <returns>False if it is gone: it was deleted since it was seen.</returns>
    private async Task<bool> AddFileAsync(string name, string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        await AddAsync(name, file, File.GetLastWriteTimeUtc(path));
        return true;
    }

    private async Task AddAsync(string name, Stream content, DateTimeOffset modified)
    {
        await using var hashed = new HashedFile(content);
        await _tar.WriteEntryAsync(Entry(name, hashed, modified), _cancel);
        await _sums.WriteLineAsync(BackupFormat.SumLine(hashed.Hash(), name).AsMemory(), _cancel);
    }

    private static TarEntry Entry(string name, Stream content, DateTimeOffset modified)
    {
        TarEntry entry = content.Length > LargestUstar ? new PaxTarEntry(TarEntryType.RegularFile, name) : new UstarTarEntry(TarEntryType.RegularFile, name);
        entry.DataStream = content;
        entry.Mode = OwnerOnly;
        entry.ModificationTime = modified;
        return entry;
    }
}
