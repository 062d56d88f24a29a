using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Files;
using Runner.Host.Stores;

namespace Runner.Host.Backup;

/// <summary>A file that is no backup, or one that is damaged or not whole.</summary>
internal sealed class BackupInvalidException(string file, string what, Exception? inner = null) : Exception(
    $"{file} {what} Nothing was restored.", inner);

/// <summary>
/// Unpacks a backup into an empty folder and checks everything that it says of itself. What is called otherwise than a backup's entries are is
/// refused.
/// </summary>
internal sealed class BackupReader(string file, string folder)
{
    private const int LargestManifest = 64 * 1024;
    private readonly RunFiles _files = new(folder);

    /// <summary>How many files were unpacked.</summary>
    public long Files { get; private set; }

    /// <summary>What of the output was left out when it was made; null if nothing was.</summary>
    public string? LeftOut { get; private set; }

    /// <exception cref="BackupInvalidException">It is not what it should be.</exception>
    /// <exception cref="IOException">It cannot be read, or the folder not be written.</exception>
    public async Task<BackupManifest> UnpackAsync(CancellationToken cancel)
    {
        // A FIFO may never be opened by anybody else: then this is not waited for longer than wanted.
        var opening = Task.Run(
            () => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024, FileOptions.SequentialScan),
            CancellationToken.None);
        await using var archive = await opening.WaitAsync(cancel);
        if (!archive.CanSeek)
        {
            throw new BackupInvalidException(
                file, "is no plain file: a backup is read from one alone. Copy what comes from there into a file first.");
        }

        await using var plain = IsGzip(archive) ? new GZipStream(archive, CompressionMode.Decompress) : (Stream)archive;
        await using var tar = new TarReader(plain, leaveOpen: true);
        try
        {
            return await ReadAsync(tar, cancel);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or JsonException)
        {
            throw new BackupInvalidException(file, "is no backup, or it is damaged or was cut short.", e);
        }
    }

    private async Task<BackupManifest> ReadAsync(TarReader tar, CancellationToken cancel)
    {
        var path = Path.Combine(folder, BackupFormat.Sums);
        await using var sums = OwnFile.CreateAnew(path, FileAccess.ReadWrite, FileOptions.DeleteOnClose);
        await using var lines = new StreamWriter(sums, leaveOpen: true) { NewLine = "\n" };
        BackupManifest? manifest = null;
        while (await NextAsync(tar, cancel) is { } entry)
        {
            if (manifest is null)
            {
                manifest = await ReadManifestAsync(entry, lines, cancel);
            }
            else if (entry.Name == BackupFormat.Sums)
            {
                await lines.FlushAsync(cancel);
                await CompareAsync(entry, sums, cancel);
                LeftOut = (entry as PaxTarEntry)?.ExtendedAttributes.GetValueOrDefault(BackupFormat.LeftOutRecord);
                return File.Exists(Path.Combine(folder, SqliteNodeStore.FileName)) ? manifest
                    : throw new BackupInvalidException(file, $"has no {SqliteNodeStore.FileName} in it.");
            }
            else
            {
                await WriteFileAsync(entry, lines, cancel);
            }
        }

        throw new BackupInvalidException(file, manifest is null ? "is empty." : $"was cut short: its last entry, {BackupFormat.Sums}, is missing.");
    }

    private async Task<TarEntry?> NextAsync(TarReader tar, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var entry = await tar.GetNextEntryAsync(cancellationToken: cancel);
        return entry is null or { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } ? entry
            : throw new BackupInvalidException(file, $"has an entry '{Shown(entry.Name)}' in it that is no plain file.");
    }

    private async Task<BackupManifest> ReadManifestAsync(TarEntry entry, StreamWriter lines, CancellationToken cancel)
    {
        if (entry.Name != BackupFormat.Manifest || entry.Length > LargestManifest)
        {
            throw new BackupInvalidException(file, $"is no backup: it begins with '{Shown(entry.Name)}' where {BackupFormat.Manifest} should be.");
        }

        using var bytes = new MemoryStream();
        await lines.WriteLineAsync(BackupFormat.SumLine(await CopyAsync(entry, bytes, cancel), entry.Name));
        var manifest = JsonSerializer.Deserialize(bytes.ToArray(), BackupJson.Default.BackupManifest) ?? throw new JsonException();
        return manifest.Format is >= 1 and <= BackupFormat.Version ? manifest
            : throw new BackupInvalidException(
                file, $"was made by a newer version of this program ({Shown(manifest.Version)}): restore it with that one.");
    }

    private async Task WriteFileAsync(TarEntry entry, StreamWriter lines, CancellationToken cancel)
    {
        await using var to = OwnFile.Open(PathOf(entry.Name), FileMode.CreateNew);
        var hash = await CopyAsync(entry, to, cancel);
        // The store has to be on the disk before it takes the place of another; output of runs is not synchronised when it is written either.
        to.Flush(flushToDisk: entry.Name == SqliteNodeStore.FileName);
        File.SetLastWriteTimeUtc(to.SafeFileHandle, entry.ModificationTime.UtcDateTime);
        await lines.WriteLineAsync(BackupFormat.SumLine(hash, entry.Name));
        Files++;
    }

    private string PathOf(string name)
    {
        if (name is SqliteNodeStore.FileName or MaskKey.FileName)
        {
            return Path.Combine(folder, name);
        }

        if (!BackupFormat.IsOutput(name) || BackupFormat.Parse(Path.GetFileName(name)) is not { } output
            || !output.Run.EndsWith(name.Split('/')[1], StringComparison.Ordinal))
        {
            throw new BackupInvalidException(file, $"has an entry '{Shown(name)}' in it that no backup has.");
        }

        _files.EnsureDirectory(new AttemptKey(Guid.Parse(output.Run), output.Attempt));
        return Path.Combine(folder, name);
    }

    private static async Task<byte[]> CopyAsync(TarEntry entry, Stream to, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        while (entry.DataStream is { } from && await from.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), cancel);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Line by line, since there may be millions.</summary>
    private async Task CompareAsync(TarEntry entry, FileStream sums, CancellationToken cancel)
    {
        sums.Position = 0;
        using var found = new StreamReader(sums, leaveOpen: true);
        using var said = new StreamReader(entry.DataStream ?? Stream.Null);
        while (await found.ReadLineAsync(cancel) is { } line)
        {
            var expected = await said.ReadLineAsync(cancel);
            if (expected != line)
            {
                throw new BackupInvalidException(file, $"is damaged: the checksum of {line[(line.IndexOf(' ', StringComparison.Ordinal) + 2)..]} is "
                    + $"another than {BackupFormat.Sums} says.");
            }
        }

        if (await said.ReadLineAsync(cancel) is not null)
        {
            throw new BackupInvalidException(file, $"is damaged: {BackupFormat.Sums} names files that are not in it.");
        }
    }

    private static bool IsGzip(FileStream archive)
    {
        var (first, second) = (archive.ReadByte(), archive.ReadByte());
        archive.Position = 0;
        return first == 0x1f && second == 0x8b;
    }

    private static string Shown(string? text) => Cli.Terminal.Printable.Line(text is { Length: > 100 } ? text[..100] + "…" : text);
}
