using Microsoft.OpenApi;

namespace Runner.Host.Http.OpenApi;

/// <summary>The parameters by which every list is paged.</summary>
internal static class PageParameters
{
    /// <summary>How many items a page has at most.</summary>
    public const int Most = 1_000;

    public static OpenApiParameter After => Parameter.Query("after", ValueSchema.Text(2_000), "Goes on after there: the `next` of the page before.");

    /// <param name="usual">How many there are in a page if nothing is said.</param>
    public static OpenApiParameter Limit(int usual) => Parameter.Query("limit", ValueSchema.Integer(1, Most, usual), "How many items at most.");
}
