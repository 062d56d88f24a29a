using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Runner.Actors;
using Runner.Cli.Terminal;
using Runner.Host.Backup;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Host.Tests.Backup;

/// <summary>What `restore` makes of archives that are not what they should be, and of being interrupted.</summary>
public sealed class RestoreTests : IDisposable
{
    private const string Run = "0192f0c1-0000-7000-8000-0000000000ab";
    private const string Output = $"output/ab/{Run}.1.stdout";

    private readonly string _root = Directory.CreateTempSubdirectory("runner-restore-").FullName;
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    private string Archive => Path.Combine(_root, "b.tar");

    private string Data => Path.Combine(_root, "data");

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_right_archive_is_restored_into_a_folder_that_was_not_there()
    {
        await WriteAsync(Good(await StoreAsync()));

        Assert.Equal(0, await RestoreAsync());

        Assert.Equal("hello\n", await File.ReadAllTextAsync(Path.Combine(Data, Output)));
        Assert.True(File.Exists(Path.Combine(Data, "store.db")));
        Assert.False(File.Exists(Path.Combine(Data, "token")));
        Assert.Contains("with 1 files of output", _out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Data).Select(Path.GetFileName), e => e!.StartsWith("resto", StringComparison.Ordinal));
    }

    public static TheoryData<string, string> Wrongs() => new()
    {
        { "../escaped", "that no backup has" },
        { "/tmp/escaped", "that no backup has" },
        { "output/../../escaped", "that no backup has" },
        { "output/ab/x", "that no backup has" },
        { $"output/cd/{Run}.1.stdout", "that no backup has" },
        { "token", "that no backup has" },
        { "lock", "that no backup has" },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task An_entry_that_no_backup_has_is_refused_and_nothing_is_left(string name, string says)
    {
        var entries = Good(await StoreAsync());
        entries.Insert(2, (name, "x"u8.ToArray()));
        await WriteAsync(entries);

        await RefusesAsync(says);
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Directory)]
    [InlineData(TarEntryType.Fifo)]
    public async Task An_entry_that_is_no_plain_file_is_refused(TarEntryType type)
    {
        await WriteAsync(Good(await StoreAsync()), tar =>
        {
            var entry = new PaxTarEntry(type, Output);
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            {
                entry.LinkName = "/etc/passwd";
            }

            tar.WriteEntry(entry);
        });

        await RefusesAsync("that is no plain file");
    }

    [Fact]
    public async Task Archives_that_are_damaged_cut_short_newer_or_something_else_are_refused()
    {
        var store = await StoreAsync();
        var good = Good(store);

        await File.WriteAllTextAsync(Archive, "no archive");
        await RefusesAsync("is no backup, or it is damaged");
        await File.WriteAllTextAsync(Archive, "");
        await RefusesAsync("is empty");
        await WriteAsync(good[..^1]);
        await RefusesAsync("was cut short");
        await WriteAsync(good);
        await File.WriteAllBytesAsync(Archive, (await File.ReadAllBytesAsync(Archive))[..6_000]);
        await RefusesAsync("is no backup, or it is damaged");
        await WriteAsync([good[0], good[1], (Output, "hacked"u8.ToArray()), good[3]]);
        await RefusesAsync($"the checksum of {Output} is another");
        await WriteAsync([good[0], good[1], good[3]]);
        await RefusesAsync("names files that are not in it");
        await WriteAsync(good[1..]);
        await RefusesAsync("it begins with 'store.db'");
        await WriteAsync(Good(store, format: BackupFormat.Version + 1));
        await RefusesAsync("was made by a newer version");
        await WriteAsync(Good([.. Enumerable.Repeat((byte)7, 10_000)]));
        await RefusesAsync("is not a SQLite database");
        await WriteAsync([good[0], good[1], good[1], .. good[2..]]);
        await RefusesAsync("store.db");
        File.Delete(Archive);
        await RefusesAsync("There is no file");
    }

    [Fact]
    public async Task Interrupted_at_any_point_the_folder_is_as_before_or_restored_and_never_between()
    {
        await WriteAsync(Good(await StoreAsync()));
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "store.db"), "old");
        await File.WriteAllTextAsync(Path.Combine(Data, "store.db-wal"), "old log");
        Directory.CreateDirectory(Path.Combine(Data, "output"));

        // Killed while it unpacked: the next one clears that away.
        await File.WriteAllTextAsync(Path.Combine(RestoredFolder.Begin(Data), "store.db"), "half");
        Assert.Null(RestoredFolder.Settle(Data, SystemTime.Provider));
        Assert.Equal("old", await File.ReadAllTextAsync(Path.Combine(Data, "store.db")));

        // Killed after it was good, with the old log already out of the way: the next one goes on.
        var unpacked = RestoredFolder.Begin(Data);
        await File.WriteAllTextAsync(Path.Combine(unpacked, "store.db"), "new");
        Directory.CreateDirectory(Path.Combine(unpacked, "output"));
        Directory.Move(Path.Combine(Data, "restoring"), Path.Combine(Data, "restored"));
        File.Move(Path.Combine(Data, "store.db-wal"), Path.Combine(Data, "restored", "old", "store.db-wal"));
        var kept = RestoredFolder.Settle(Data, SystemTime.Provider)!;
        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(Data, "store.db")));
        Assert.False(File.Exists(Path.Combine(Data, "store.db-wal")));
        Assert.Equal("old", await File.ReadAllTextAsync(Path.Combine(kept, "store.db")));
        Assert.Equal("old log", await File.ReadAllTextAsync(Path.Combine(kept, "store.db-wal")));
        Assert.Null(RestoredFolder.Settle(Data, SystemTime.Provider));
    }

    private async Task RefusesAsync(string says)
    {
        _error.GetStringBuilder().Clear();
        Assert.Equal(1, await RestoreAsync());
        Assert.Contains(says, _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
        Assert.False(File.Exists(Path.Combine(_root, "escaped")) || File.Exists("/tmp/escaped"));
    }

    private Task<int> RestoreAsync() => new Restore(new HostEnvironment(
        (_, _) => throw new InvalidOperationException("no node is started"), SystemTime.Provider, _out, _error, new Style(false), new Style(false),
        _ => null, () => new NoSignals())).RunAsync(Archive, Data, force: false, json: false);

    private async Task<byte[]> StoreAsync()
    {
        var path = Path.Combine(_root, "made.db");
        await using (await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path), Tables.All, Logger.None))
        {
        }

        return await File.ReadAllBytesAsync(path);
    }

    private static List<(string Name, byte[] Content)> Good(byte[] store, int format = 1)
    {
        var manifest = BackupJson.Bytes(new BackupManifest(format, "0.1.0", "n1", DateTimeOffset.UnixEpoch, "/elsewhere", true));
        List<(string Name, byte[] Content)> entries = [("manifest.json", manifest), ("store.db", store), (Output, "hello\n"u8.ToArray())];
        var sums = string.Concat(entries.Select(e => BackupFormat.SumLine(SHA256.HashData(e.Content), e.Name) + "\n"));
        return [.. entries, ("SHA256SUMS", Encoding.UTF8.GetBytes(sums))];
    }

    private async Task WriteAsync(List<(string Name, byte[] Content)> entries, Action<TarWriter>? inBetween = null)
    {
        await using var file = File.Create(Archive);
        await using var tar = new TarWriter(file);
        foreach (var (n, (name, content)) in entries.Index())
        {
            if (n == 2)
            {
                inBetween?.Invoke(tar);
            }

            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
    }

    private sealed class NoSignals : IStopSignals
    {
        public CancellationToken First => CancellationToken.None;

        public Task Second => new TaskCompletionSource().Task;
    }
}
