using System.Globalization;
using System.Text;

namespace Runner.Client;

/// <summary>Paths and queries of the API, with what users typed made harmless.</summary>
internal static class ApiPaths
{
    public const string Root = "api/v1/";

    public static string Deployment(string name, string after = "")
    {
        var parts = name.Split('/');
        return parts.Length == 2 && parts.All(IsSegment)
            ? $"{Root}deployments/{Uri.EscapeDataString(parts[0])}/{Uri.EscapeDataString(parts[1])}{after}"
            : throw new RunnerApiException(
                "deployment-not-found",
                404,
                $"There is no deployment '{name}': a name has two parts, FLOW/NAME. `runner deployments` lists those there are.",
                []);
    }

    public static string Schedule(string deployment, string schedule, string after) => IsSegment(schedule)
        ? Deployment(deployment, $"/schedules/{Uri.EscapeDataString(schedule)}{after}")
        : throw new RunnerApiException(
            "schedule-not-found", 404, $"'{schedule}' is not the id of a schedule. `runner deployment show {deployment}` lists those it has.", []);

    public static string Run(Guid id, string after = "") => $"{Root}runs/{id:D}{after}";

    public static string Limit(string name) => IsSegment(name)
        ? $"{Root}limits/{Uri.EscapeDataString(name)}"
        : throw new RunnerApiException("limit-not-found", 404, $"'{name}' is not the name of a limit. `runner limits` lists those there are.", []);

    /// <summary>A path with the parameters that are not null.</summary>
    public static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var text = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }
        }

        return text.ToString();
    }

    public static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    public static string Text(LogStream stream) => stream == LogStream.Stdout ? "stdout" : "stderr";

    // '.' and '..' would be folded away and name another resource.
    private static bool IsSegment(string part) => part.Length > 0 && part is not ("." or "..");
}
