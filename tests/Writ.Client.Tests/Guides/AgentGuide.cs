using Microsoft.Extensions.Logging;

namespace Writ.Client.Tests;

/// <summary>The boxes of docs/for-agents.md, so that the compiler reads them.</summary>
internal static class AgentGuide
{
    internal static async Task<string> BeginAsync()
    {
        using var writ = WritClient.FromKeyFile(
            "https://writ.example.org", "spiffe://example.org/agent/billing", "billing.pem");
        await using var task = await writ.OpenTaskAsync("monthly invoices", "orders:read@orders");
        using var orders = task.CreateClient("orders:read@orders");
        var open = await orders.GetStringAsync("https://orders.example.org/orders?status=open");
        return open;
    }

    internal static async Task<string> OpenAsync(WritClient writ)
    {
        await using var task = await writ.OpenTaskAsync(new TaskRequest
        {
            Purpose = "monthly invoices",
            Workflow = "invoicing",
            Grants = ["orders:read,orders:cancel@orders"],
            Deadline = TimeSpan.FromMinutes(30),
            Silence = TimeSpan.FromSeconds(15),
        });
        return task.Id;
    }

    internal static async Task RefusedAsync(WorkTaskHandle task, ILogger logger)
    {
        try
        {
            await task.GetTokenAsync(TokenAsk.Of("orders:refund@orders"));
        }
        catch (WritException e) when (e.IsRefusal)
        {
            logger.LogWarning("Refused: {Code}, decision {Decision}", e.Code, e.DecisionId);
        }
    }

    internal static async Task<string> HandOnAsync(WorkTaskHandle task, WritClient helper)
    {
        // Here: what the helper may exchange, it alone, once, within a minute. Send it over by any channel.
        var handedOn = await task.HandOnAsync("spiffe://example.org/agent/helper", TokenAsk.Of("orders:read@orders"));

        // There, with the helper's own client:
        await using var part = await helper.ExchangeAsync(handedOn);
        using var http = new HttpClient(part.CreateHandler(TokenAsk.For(handedOn.Resource)));
        return await http.GetStringAsync(handedOn.Resource);
    }
}
