"""What a connection may still fetch this month, and how fresh each of its products is."""

from __future__ import annotations

from afluente.api.cursors import path_id
from afluente.api.house import ApiHouse
from afluente.engine.institutions import quotas
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.instants import instant, maybe_instant


async def show(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/connections/{id}/quotas`: each product's freshness, and what is left of each monthly budget.

    - `products`: `updated` tells of the last execution; `updatedAt` is when the product was last fetched, and `meaning`
      why it is not newer (`product.quota-spent` and what is beneath it: not before `until`, when the month is over).
    - `budgets`: `what` is a product, or a part of one (`transactions/history` is whatever lies behind the last week);
      `most`, `spent` and `left` are calls of this month, until `renewedAt`. All connections of one person at one
      institution draw on the same. Empty where nothing is counted: elsewhere than at Open Finance institutions, and
      while the application's `quotas` is off.
    """
    connection = await reads.connection(house.world, call.application_id, path_id(call))
    products = [
        {
            "product": state.product,
            "updated": state.updated,
            "updatedAt": maybe_instant(state.updated_at),
            "meaning": state.outcome,
            "until": next((found.data["until"] for found in state.findings if "until" in found.data), None),
        }
        for state in connection.products
    ]
    budgets = [
        {"what": one.what, "most": one.most, "spent": one.spent, "left": one.left, "renewedAt": instant(one.renewed_at)}
        for one in await quotas.budgets(house.world, connection)
    ]
    return json({"connection": connection.id, "products": products, "budgets": budgets})
