using System.Collections.Immutable;

namespace Runner.Client.DeploymentFiles;

/// <summary>A place in a deployment file.</summary>
/// <param name="File">As it was named.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Field">The field there, counted within that file: <c>deployments[0].schedules[1].cron</c>; empty for the whole.</param>
public sealed record SourceLocation(string File, int Line, int Column, string Field);

/// <summary>One thing that is wrong with a deployment file.</summary>
/// <param name="Message">What was expected, and what is there.</param>
public sealed record DeploymentFileProblem(SourceLocation At, string Message)
{
    /// <summary><c>FILE:LINE:COLUMN: field: what was expected</c>.</summary>
    public override string ToString() =>
        $"{At.File}:{At.Line}:{At.Column}: {(At.Field.Length == 0 ? "" : At.Field + ": ")}{Message}";
}

/// <summary>Deployment files that are wrong: everything that is, in all of them, in the order of files and lines.</summary>
public sealed class DeploymentFileException(ImmutableArray<DeploymentFileProblem> problems)
    : RunnerClientException(string.Join(Environment.NewLine, problems))
{
    public ImmutableArray<DeploymentFileProblem> Problems { get; } = problems;
}
