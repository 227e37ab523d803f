using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Writ.Client.Tests;

/// <summary>The boxes of docs/for-apis.md, so that the compiler reads them.</summary>
internal static class ApiGuide
{
    internal static async Task RunAsync(string[] args, (string[] All, Func<string, bool> Cancel) book)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddWrit(writ =>
        {
            writ.Issuer = "https://writ.example.org";
            writ.ClientId = "spiffe://example.org/workload/orders-api";
            writ.KeyFile = "/etc/orders-api/writ.pem";              // mode 0600
            writ.Resources["orders"] = "https://orders.example.org"; // the registered name and its URI, exactly
        });

        var app = builder.Build();
        app.MapWritMetadata();
        app.MapGet("/orders", () => book.All).RequireWrit("orders:read", "orders");
        app.MapPost("/orders/{id}/cancel", (string id) => book.Cancel(id))
            .RequireWrit("orders:cancel", "orders", identifier: http => (string?)http.Request.RouteValues["id"]);
        await app.RunAsync();
    }

    internal static void Decide(WebApplicationBuilder builder, WebApplication app, Book book)
    {
        builder.Services.AddWritDecisions(writ => writ.SpoolFolder = "/var/lib/orders-api/decisions");

        app.MapGet("/orders/{id}", (string id, HttpContext http) =>
                book.Find(id, masks: http.GetWritDecision()!.Obligations.Masks))
            .RequireWrit("orders:read", "orders", identifier: http => (string?)http.Request.RouteValues["id"])
            .RequireWritDecision("mask");
    }

    internal static void Who(WebApplication app)
    {
        app.MapGet("/whoami", (HttpContext http) => http.GetWritToken() is { } token
            ? Results.Ok(new { token.Claims.Subject, token.Actor, Task = token.Claims.TaskId })
            : Results.Unauthorized()).RequireWrit("orders:read", "orders");
    }

    internal sealed record Book(string[] All)
    {
        internal string? Find(string id, IReadOnlyDictionary<string, string> masks) =>
            All.FirstOrDefault(order => order == id && masks.Count == 0);
    }
}
