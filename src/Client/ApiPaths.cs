namespace Runner.Client;

/// <summary>The parts of the API's paths, with what users typed made harmless.</summary>
internal static class ApiPaths
{
    public static string[] Deployment(string name)
    {
        var parts = name.Split('/');
        return parts.Length == 2 && parts.All(IsSegment)
            ? parts
            : throw new RunnerApiException(
                "deployment-not-found",
                404,
                $"There is no deployment '{name}': a name has two parts, FLOW/NAME. `runner deployments` lists those there are.",
                []);
    }

    public static string[] Schedule(string deployment, string schedule) => IsSegment(schedule)
        ? [.. Deployment(deployment), schedule]
        : throw new RunnerApiException(
            "schedule-not-found", 404, $"'{schedule}' is not the id of a schedule. `runner deployment show {deployment}` lists those it has.", []);

    public static string Run(Guid id) => id.ToString("D");

    public static string Limit(string name) => IsSegment(name)
        ? name
        : throw new RunnerApiException("limit-not-found", 404, $"'{name}' is not the name of a limit. `runner limits` lists those there are.", []);

    public static string Node(string name) => IsSegment(name)
        ? name
        : throw new RunnerApiException("node-not-found", 404, $"'{name}' is not the name of a node. `runner nodes` lists those there are.", []);

    // '.' and '..' would be folded away and name another resource.
    private static bool IsSegment(string part) => part.Length > 0 && part is not ("." or "..");
}
