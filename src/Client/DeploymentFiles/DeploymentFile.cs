using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Client.DeploymentFiles;

/// <summary>
/// The deployments that one or more files declare, and where each of their fields stands. See docs/deployment-file.md.
/// </summary>
public sealed class DeploymentFile
{
    private const int MostProblems = 100;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IReadOnlyList<Origin> _origins;

    private DeploymentFile(ImmutableArray<DeploymentSpec> specs, ImmutableSortedDictionary<string, int> limits, IReadOnlyList<Origin> origins)
    {
        Specs = specs;
        Limits = limits;
        _origins = origins;
    }

    /// <summary>In the order of files and lines; working directories are absolute.</summary>
    public ImmutableArray<DeploymentSpec> Specs { get; }

    /// <summary>The sizes of limits, 1 to 1,000,000 each.</summary>
    public ImmutableSortedDictionary<string, int> Limits { get; }

    /// <summary>Reads one file.</summary>
    /// <exception cref="DeploymentFileException">It is wrong, or cannot be read. Nothing else is ever thrown.</exception>
    public static DeploymentFile Load(string path) => Load([path]);

    /// <summary>Reads several files as one list; a name may stand in them once.</summary>
    /// <exception cref="DeploymentFileException">Something is wrong in any of them: everything that is, at once.</exception>
    public static DeploymentFile Load(IReadOnlyList<string> paths) => Load(paths, FileBounds.Written);

    /// <summary>Reads several files as one list, as large as these bounds allow each.</summary>
    /// <exception cref="DeploymentFileException">Something is wrong in any of them: everything that is, at once.</exception>
    public static DeploymentFile Load(IReadOnlyList<string> paths, FileBounds bounds)
    {
        var limits = new LimitSizes();
        var scopes = new List<FileScope>();
        var found = new List<(DeploymentSpec? Spec, Origin Origin)>();
        var named = new Dictionary<string, Origin>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var scope = new FileScope(path);
            scopes.Add(scope);
            foreach (var (spec, origin) in ReadFile(scope, bounds, limits))
            {
                found.Add((spec, origin));
                if (spec is not null && !named.TryAdd(spec.Name, origin))
                {
                    var (line, column) = origin.PlaceOf("name");
                    var first = named[spec.Name];
                    scope.Problem(
                        line, column, $"{origin.Field}.name",
                        $"'{spec.Name}' is declared twice; the first is at {first.Scope.File}:{first.PlaceOf("name").Line}");
                }
            }
        }

        var problems = scopes.SelectMany(s => s.Problems.OrderBy(p => p.At.Line).ThenBy(p => p.At.Column)).ToImmutableArray();
        return problems.IsEmpty
            ? new DeploymentFile([.. found.Select(f => f.Spec!)], limits.ToImmutable(), [.. found.Select(f => f.Origin)])
            : throw new DeploymentFileException(Shortened(problems));
    }

    /// <summary>
    /// Where a field stands that a node's refusal names, such as <c>deployments[2].schedules[1].cron</c> (counted over all files); of one
    /// that is not in the file, the nearest one around it. Null if it names no deployment of these.
    /// </summary>
    public SourceLocation? Locate(string field)
    {
        const string prefix = "deployments[";
        var inner = field;
        var index = Specs.Length == 1 ? 0 : -1;
        if (field.StartsWith(prefix, StringComparison.Ordinal) && field.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
        {
            inner = field[(end + 1)..].TrimStart('.');
            index = int.TryParse(
                field.AsSpan(prefix.Length, end - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? i : -1;
        }

        if (index < 0 || index >= _origins.Count)
        {
            return null;
        }

        var origin = _origins[index];
        var (line, column) = origin.PlaceOf(inner);
        return new SourceLocation(origin.Scope.File, line, column, inner.Length == 0 ? origin.Field : $"{origin.Field}.{inner}");
    }

    /// <summary>A node's problems at their lines; one that names no field of these files stands at the first file's first line.</summary>
    public ImmutableArray<DeploymentFileProblem> Explain(ImmutableArray<Problem> problems) =>
    [
        .. problems.Select(p => new DeploymentFileProblem(Locate(p.Field) ?? new SourceLocation(_origins[0].Scope.File, 1, 1, p.Field), p.Message)),
    ];

    private static List<(DeploymentSpec? Spec, Origin Origin)> ReadFile(FileScope scope, FileBounds bounds, LimitSizes limits)
    {
        if (ReadText(scope, bounds) is not { } text || ReadRoot(scope, bounds, text) is not { } map)
        {
            return [];
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(scope.File)) ?? Path.GetPathRoot(Path.GetFullPath(scope.File))!;
        var fields = new FieldReader(scope, map, "");
        var hasLimits = limits.Read(fields);
        var list = hasLimits ? fields.Take("deployments") : fields.Required("deployments", "a list of deployments");
        if (list is YamlList { Items.Count: 0 } && !hasLimits)
        {
            scope.Expected(list, "deployments", "at least one deployment");
        }

        var origins = new List<(DeploymentSpec?, Origin)>();
        fields.List(list, "deployments", "a list of deployments", (item, field) =>
        {
            origins.Add((SpecReader.Read(scope, item, field, folder), new Origin(scope, field)));
            return (object?)null;
        });
        fields.RefuseUnknown();
        return origins;
    }

    /// <summary>Null if the file is no mapping, which has been said.</summary>
    private static YamlMap? ReadRoot(FileScope scope, FileBounds bounds, string text)
    {
        const string expected = "'deployments:' with a list of deployments";
        try
        {
            switch (YamlReader.Read(text, bounds, (line, column, message) => scope.Problem(line, column, "", message)))
            {
                case YamlMap map:
                    return map;
                case null or YamlScalar { Kind: ScalarKind.Null }:
                    scope.Problem(1, 1, "", $"the file is empty; expected {expected}");
                    return null;
                case var other:
                    scope.Expected(other, "", expected);
                    return null;
            }
        }
        catch (YamlRefusedException e)
        {
            scope.Problem(e.Line, e.Column, "", e.Message);
            return null;
        }
    }

    internal static string? ReadText(FileScope scope, FileBounds bounds)
    {
        byte[] bytes;
        try
        {
            bytes = ReadBytes(scope.File, bounds);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            scope.Problem(1, 1, "", Directory.Exists(scope.File) ? "expected a file; there is a folder"
                : $"cannot be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message)}");
            return null;
        }

        if (bytes.Length > bounds.LargestFile)
        {
            scope.Problem(
                1, 1, "", $"the file is larger than {bounds.Size}{(bounds == FileBounds.Written ? "; `runner import` takes larger ones" : "")}");
            return null;
        }

        try
        {
            var text = Utf8.GetString(bytes);
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException e)
        {
            scope.Problem(
                1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n'), 1, "", "the file is not UTF-8; save it as that");
            return null;
        }
    }

    /// <summary>The file, or a little more than is allowed of it: its length is not asked for, since a pipe has none.</summary>
    private static byte[] ReadBytes(string path, FileBounds bounds)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
        using var copy = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (var read = file.Read(buffer); read > 0 && copy.Length <= bounds.LargestFile; read = file.Read(buffer))
        {
            copy.Write(buffer, 0, read);
        }

        return copy.ToArray();
    }

    private static ImmutableArray<DeploymentFileProblem> Shortened(ImmutableArray<DeploymentFileProblem> problems) => problems.Length <= MostProblems
        ? problems
        : [.. problems.Take(MostProblems), new(problems[MostProblems].At with { Field = "" }, $"and {problems.Length - MostProblems} more problems")];

    /// <summary>Where a deployment was declared.</summary>
    /// <param name="Field">Within its file: <c>deployments[2]</c>.</param>
    private sealed record Origin(FileScope Scope, string Field)
    {
        /// <summary>The place of a field of this deployment, or of the nearest one around it.</summary>
        public (int Line, int Column) PlaceOf(string inner)
        {
            for (var path = inner.Length == 0 ? Field : $"{Field}.{inner}"; ;)
            {
                if (Scope.Places.TryGetValue(path, out var place))
                {
                    return place;
                }

                var cut = path.LastIndexOfAny(['.', '[']);
                if (cut <= 0)
                {
                    return (1, 1);
                }

                path = path[..cut];
            }
        }
    }
}
