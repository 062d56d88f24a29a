using System.Buffers;

namespace Runner.Actors;

/// <summary>The rule for names of deployments, limits, tags and schedules.</summary>
internal static class Names
{
    private const int Longest = 100;
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>What is wrong with a name of one part, as the end of a sentence; null if nothing is.</summary>
    public static string? ProblemOfPart(string? name) => name switch
    {
        null or "" => "is empty",
        { Length: > Longest } => $"is {name.Length} characters long; at most {Longest} are possible",
        _ when name.AsSpan().IndexOfAnyExcept(Allowed) is >= 0 and var at =>
            $"has {(char.IsControl(name[at]) ? "a control character" : $"'{name[at]}'")} in it; letters, digits, '-', '_' and '.' are possible",
        "." or ".." => "is only dots",
        _ => null,
    };

    /// <summary>What is wrong with a deployment's name; null if nothing is.</summary>
    public static string? ProblemOfDeployment(string? name)
    {
        if ((name ?? "").Split('/') is not [var flow, var deployment])
        {
            return "is not of the form flow/deployment";
        }

        return ProblemOfPart(flow) is { } first ? $"of the flow {first}"
            : ProblemOfPart(deployment) is { } second ? $"of the deployment {second}" : null;
    }
}
