using Runner.Files;

namespace Runner.Cli.Terminal;

/// <summary>
/// A file that is there with all of its content or not at all: written as <c>FILE.part</c>, readable by its owner alone, and renamed when it is
/// complete and on the disk.
/// </summary>
internal sealed class NewFile : IAsyncDisposable
{
    private readonly string _path;
    private bool _done;

    private NewFile(string path, FileStream content)
    {
        _path = path;
        Content = content;
    }

    public FileStream Content { get; }

    private string Part => _path + ".part";

    /// <exception cref="IOException">It is there already and is not to be replaced, or cannot be made.</exception>
    public static NewFile Create(string path, bool replace)
    {
        CheckAbsent(path, replace);
        return new NewFile(path, OwnFile.CreateAnew(path + ".part"));
    }

    /// <summary>Puts it into place.</summary>
    /// <exception cref="IOException">It cannot be written, or somebody else has made one meanwhile.</exception>
    public async Task CompleteAsync(bool replace)
    {
        Content.Flush(flushToDisk: true);
        await Content.DisposeAsync().ConfigureAwait(false);
        CheckAbsent(_path, replace);
        File.Move(Part, _path, overwrite: replace);
        _done = true;
    }

    public async ValueTask DisposeAsync()
    {
        await Content.DisposeAsync().ConfigureAwait(false);
        if (!_done)
        {
            File.Delete(Part);
        }
    }

    private static void CheckAbsent(string path, bool replace)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a folder; name a file.");
        }

        if (!replace && File.Exists(path))
        {
            throw new IOException($"{path} is there already. Name another file, or replace it with --force.");
        }
    }
}
