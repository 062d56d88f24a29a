using System.Formats.Tar;
using Microsoft.Win32.SafeHandles;
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
    private readonly List<LeftOut> _leftOut = [];

    /// <param name="sums">A file to collect the checksums in: there may be millions.</param>
    public BackupWriter(Stream to, string sums, CancellationToken cancel)
    {
        _tar = new TarWriter(to, TarEntryFormat.Ustar, leaveOpen: true);
        _sumsFile = OwnFile.CreateAnew(sums, FileAccess.ReadWrite);
        _sums = new StreamWriter(_sumsFile, leaveOpen: true) { NewLine = "\n" };
        _cancel = cancel;
    }

    /// <summary>What should be in it and is not.</summary>
    public IReadOnlyList<LeftOut> LeftOut => _leftOut;

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
            // After what it is for: it is made before the first of that.
            await AddFileAsync(MaskKey.FileName, MaskKey.PathIn(dataDirectory), isFolderNamed: true);
        }

        foreach (var attempt in begun)
        {
            await AddAsync(NameOf(Path.GetFileName(new RunFiles(dataDirectory).Stdout(attempt)), attempt.RunId), new MemoryStream(), manifest.MadeAt);
        }

        await _sums.FlushAsync(_cancel);
        _sumsFile.Position = 0;
        await _tar.WriteEntryAsync(
            Entry(BackupFormat.Sums, _sumsFile, manifest.MadeAt, _leftOut.Count > 0 ? Backup.LeftOut.Text(_leftOut) : null), _cancel);
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
            foreach (var path in EntriesOf(folder).Order(StringComparer.Ordinal))
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

    /// <summary>Not the files alone: what a program put in the place of one is to be missed.</summary>
    private string[] EntriesOf(string folder)
    {
        try
        {
            ProgramFile.CheckFolder(folder);
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is ReplacedFileException or UnauthorizedAccessException)
        {
            _leftOut.Add(new LeftOut($"{RunFiles.FolderName}/{Path.GetFileName(folder)}", (e as ReplacedFileException)?.Kind, e.Message));
            return [];
        }
    }

    private static string NameOf(string fileName, Guid run) => $"{RunFiles.FolderName}/{run.ToString("D")[^2..]}/{fileName}";

    /// <returns>False if it is gone, deleted since it was seen, or if it is left out.</returns>
    private async Task<bool> AddFileAsync(string name, string path, bool isFolderNamed = false)
    {
        SafeFileHandle? file;
        try
        {
            file = ProgramFile.Open(path, isFolderNamed);
        }
        catch (ReplacedFileException e)
        {
            _leftOut.Add(new LeftOut(name, e.Kind, e.Message));
            return false;
        }

        if (file is null)
        {
            return false;
        }

        await AddAsync(name, new FileStream(file, FileAccess.Read, bufferSize: 1), File.GetLastWriteTimeUtc(file));
        return true;
    }

    private async Task AddAsync(string name, Stream content, DateTimeOffset modified)
    {
        await using var hashed = new HashedFile(content);
        await _tar.WriteEntryAsync(Entry(name, hashed, modified), _cancel);
        await _sums.WriteLineAsync(BackupFormat.SumLine(hashed.Hash(), name).AsMemory(), _cancel);
    }

    private static TarEntry Entry(string name, Stream content, DateTimeOffset modified, string? leftOut = null)
    {
        TarEntry entry = leftOut is not null ? new PaxTarEntry(TarEntryType.RegularFile, name, [new(BackupFormat.LeftOutRecord, leftOut)])
            : content.Length > LargestUstar ? new PaxTarEntry(TarEntryType.RegularFile, name) : new UstarTarEntry(TarEntryType.RegularFile, name);
        entry.DataStream = content;
        entry.Mode = OwnerOnly;
        entry.ModificationTime = modified;
        return entry;
    }
}

/// <summary>Something that a backup does not have in it.</summary>
/// <param name="Name">As it would be called in the archive.</param>
/// <param name="Kind">What a program has put there instead; null if it cannot be read.</param>
/// <param name="Why">A sentence.</param>
internal sealed record LeftOut(string Name, FileKind? Kind, string Why)
{
    /// <summary>So many are named; of the others their number.</summary>
    public const int MostNamed = 20;

    /// <summary>All of them on one line.</summary>
    public static string Text(IReadOnlyCollection<LeftOut> all) => string.Join("; ", all.Take(MostNamed))
        + (all.Count > MostNamed ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"; and {all.Count - MostNamed} others") : "");

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Kind switch
    {
        FileKind.Link => "a symbolic link",
        FileKind.Folder => "a folder",
        FileKind.Regular => "no folder",
        FileKind.Special => "a pipe, a socket or a device",
        null => "not readable",
    }})";
}
