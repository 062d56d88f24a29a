using System.Collections.Concurrent;
using Runner.Actors.FlowRunners.Linux;
using Runner.Files;

namespace Runner.Actors.FlowRunners;

/// <summary>
/// The one place that knows where the files of an attempt lie under the data folder:
/// <code>
///   output/&lt;last 2 hex of the run id&gt;/&lt;run id&gt;.&lt;attempt&gt;.stdout | .stderr | .result | .parameters | .mask | .times
/// </code>
/// The last digits spread evenly; the first of a version 7 id are its time. Files are readable by their owner only (0600), folders
/// are 0700. What a program under another user reads and writes lies elsewhere, see <see cref="UserFiles"/>.
/// </summary>
/// <param name="dataDirectory">An absolute path, or one relative to the current folder; made when first needed.</param>
public sealed class RunFiles(string dataDirectory)
{
    /// <summary>The folder in the data folder that holds them all.</summary>
    public const string FolderName = "output";

    /// <summary>Where the files of programs under another user are; null where there are no such programs.</summary>
    internal UserFiles? OfUsers { get; init; }

    /// <summary>The data folder, as an absolute path.</summary>
    public string DataDirectory { get; } = Path.GetFullPath(dataDirectory);

    private readonly string _root = Path.Combine(Path.GetFullPath(dataDirectory), FolderName);
    private readonly ConcurrentDictionary<string, bool> _made = new(StringComparer.Ordinal);

    /// <summary>Everything the program wrote to standard output. That it exists is the proof that a process may have been started.</summary>
    public string Stdout(AttemptKey key) => PathOf(key, "stdout");

    /// <summary>Everything the program wrote to standard error.</summary>
    public string Stderr(AttemptKey key) => PathOf(key, "stderr");

    /// <summary>Where the program may leave one JSON value of up to 1 MiB (RUNNER_RESULT_FILE). An empty file is no result.</summary>
    public string Result(AttemptKey key) => PathOf(key, "result");

    /// <summary>The parameters when they are too large for a variable (RUNNER_PARAMETERS_FILE).</summary>
    public string Parameters(AttemptKey key) => PathOf(key, "parameters");

    /// <summary>What its output is masked by (<see cref="SecretMask"/>); there before the output is, if it has secrets.</summary>
    public string Mask(AttemptKey key) => PathOf(key, "mask");

    /// <summary>When its output came (<see cref="OutputTimeline"/>), if it was watched for long enough.</summary>
    public string Times(AttemptKey key) => PathOf(key, "times");

    /// <summary>Makes the folder of this attempt's files. Costs nothing from the second time on.</summary>
    /// <param name="anew">Makes it again: it was found to be missing.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The data folder may not be written.</exception>
    public void EnsureDirectory(AttemptKey key, bool anew = false)
    {
        var folder = FolderOf(key.RunId.ToString("D"));
        if (!anew && _made.ContainsKey(folder))
        {
            return;
        }

        EnsureRoot();
        OwnFile.MakeFolder(Path.Combine(_root, folder));
        _made[folder] = true;
    }

    /// <summary>Makes the folder that holds them all, and those above it.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The data folder may not be written.</exception>
    public void EnsureRoot() => OwnFile.MakeFolder(_root);

    /// <summary>The bytes in all files of an attempt that are there; what a program put in their place counts nothing.</summary>
    public long Size(AttemptKey key)
    {
        var size = 0L;
        foreach (var path in (string[])[Stdout(key), Stderr(key), Result(key), Parameters(key), Mask(key), Times(key)])
        {
            size += FileFacts.Of(path) is { Kind: FileKind.Regular } file ? file.Size : 0;
        }

        return size;
    }

    /// <summary>Deletes all files of an attempt that are there, and whatever a program put in their place: links, not what they point to.</summary>
    /// <exception cref="IOException">One cannot be deleted, or a program has replaced the folder they are in.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be deleted.</exception>
    public void Delete(AttemptKey key)
    {
        ProgramFile.CheckFolder(Path.GetDirectoryName(Stdout(key))!);
        // The first to be made is the last to go: it is the proof. What masks the output goes after it.
        foreach (var path in (string[])[Stderr(key), Result(key), Parameters(key), Stdout(key), Mask(key), Times(key)])
        {
            ProgramFile.Delete(path);
        }
    }

    private static string FolderOf(string runId) => runId[^2..];

    private string PathOf(AttemptKey key, string kind)
    {
        var runId = key.RunId.ToString("D");
        return $"{_root}{Path.DirectorySeparatorChar}{FolderOf(runId)}{Path.DirectorySeparatorChar}{runId}.{key.Attempt}.{kind}";
    }
}
